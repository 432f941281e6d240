import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('streams.end', {
  success: {
    'ends a live stream, which stays readable': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer);
      const answer = await call({ id }, { as: performer });
      expect(answer.data).toMatchObject({
        id,
        status: 'ended',
        endedAt: test.clock.now().toISOString(),
        viewerCount: 0,
      });
      expect(await test.services.streams.get(null, id)).toEqual(answer.data);
      return answer;
    },
    'gives the same for a second time': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer);
      const first = await call({ id }, { as: performer });
      test.clock.advance(60);
      const answer = await call({ id }, { as: performer });
      expect(answer.data).toEqual(first.data);
      return answer;
    },
    'calls a scheduled stream off': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      const answer = await call({ id }, { as: performer });
      expect(answer.data).toMatchObject({ status: 'ended', startedAt: null });
      return answer;
    },
    'is for admins too': async ({ call, given }) => {
      const { id } = await given.stream(await given.performer());
      return call({ id }, { as: await given.admin() });
    },
  },

  FORBIDDEN: {
    'for another performer': async ({ call, given }) => {
      const { id } = await given.stream(await given.performer());
      return call({ id }, { as: await given.performer() });
    },
    'for another performer of an ended stream': async ({ call, given }) => {
      const { id } = await given.endedStream(await given.performer());
      return call({ id }, { as: await given.performer() });
    },
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.performer() }),
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { id: uuidv7() }, as: await given.performer() }),
    {
      id: ['live'],
      endedAt: ['2026-01-02T03:04:05.678Z'],
    },
  ),
});
