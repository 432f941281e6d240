import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('streams.start', {
  success: {
    'makes a scheduled stream live, without a body': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      const answer = await call({ id }, { as: performer });
      expect(answer.data).toMatchObject({ id, status: 'live', startedAt: test.clock.now().toISOString() });
      return answer;
    },
    'is for admins too': async ({ call, given }) => {
      const { id } = await given.scheduledStream(await given.performer());
      return call({ id }, { as: await given.admin() });
    },
    'works once the other stream has ended': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      await given.endedStream(performer);
      return call({ id }, { as: performer });
    },
  },

  FORBIDDEN: {
    'for another performer': async ({ call, given }) => {
      const { id } = await given.scheduledStream(await given.performer());
      return call({ id }, { as: await given.performer() });
    },
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.performer() }),
  },

  STREAM_LIVE: {
    'when it is live already': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer);
      return call({ id }, { as: performer });
    },
  },

  STREAM_ENDED: {
    'once it has ended': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.endedStream(performer);
      return call({ id }, { as: performer });
    },
  },

  ALREADY_LIVE: {
    'while another stream of the performer is live': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      await given.stream(performer);
      return call({ id }, { as: performer });
    },
    'whoever starts it': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      await given.stream(performer);
      return call({ id }, { as: await given.admin() });
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { id: uuidv7() }, as: await given.performer() }),
    {
      id: ['live'],
      startedAt: ['2026-01-02T03:04:05.678Z'],
    },
  ),
});
