import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.appoint', {
  success: {
    'makes a viewer a moderator of all rooms, without a stream too': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { user } = await given.account();
      const answer = await call({ id: performer.user.id, userId: user.id }, { as: performer });
      const { id, username, displayName } = user;
      expect(answer.data).toEqual({
        user: { id, username, displayName, avatarUrl: null, isVerified: false },
        createdAt: test.clock.now().toISOString(),
      });
      return answer;
    },
    'gives the same for a second time': async ({ call, given, test }) => {
      const performer = await given.performer();
      const input = { id: performer.user.id, userId: (await given.account()).user.id };
      const first = await call(input, { as: performer });
      test.clock.advance(60);
      const answer = await call(input, { as: await given.admin() });
      expect(answer.data).toEqual(first.data);
      return answer;
    },
  },

  FORBIDDEN: {
    'for a moderator': async ({ call, given }) => {
      const performer = await given.performer();
      const input = { id: performer.user.id, userId: (await given.account()).user.id };
      const answer = await call(input, { as: await given.moderatorOf(performer) });
      expect(answer.failure?.detail).toBe('Only the performer and admins may do this.');
      return answer;
    },
    'for a viewer, of an unknown performer, so that nobody learns who exists': async ({ call, given }) =>
      call({ id: uuidv7(), userId: uuidv7() }, { as: await given.account() }),
  },

  NOT_FOUND: {
    'for an unknown user': async ({ call, given }) => {
      const performer = await given.performer();
      return call({ id: performer.user.id, userId: uuidv7() }, { as: performer });
    },
    'for a deleted user': async ({ call, given }) => {
      const performer = await given.performer();
      const viewer = await given.account();
      await given.deleted(viewer);
      return call({ id: performer.user.id, userId: viewer.user.id }, { as: performer });
    },
    'for an admin, of a deleted performer': async ({ call, given }) => {
      const performer = await given.performer();
      await given.deleted(performer);
      const input = { id: performer.user.id, userId: (await given.account()).user.id };
      return call(input, { as: await given.admin() });
    },
  },

  CONFLICT: {
    'for whoever is banned': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const { id: userId } = (await given.account()).user;
      const identity = await test.services.auth.authenticate(performer.accessToken);
      await test.services.moderation.restrict(identity, { streamId, userId, kind: 'ban' });
      const answer = await call({ id: performer.user.id, userId }, { as: performer });
      expect(answer.failure?.detail).toMatch(/^This user is banned or timed out .* lift that before/);
      return answer;
    },
  },

  VALIDATION_FAILED: {
    'for oneself': async ({ call, given }) => {
      const performer = await given.performer();
      const answer = await call({ id: performer.user.id, userId: performer.user.id }, { as: performer });
      expect(answer.failure?.detail).toBe('userId: must be somebody else');
      expect(answer.failure?.errors?.[0]?.path).toBe('userId');
      return answer;
    },
    ...invalidFields(
      async (given) => {
        const performer = await given.performer();
        return { input: { id: performer.user.id, userId: uuidv7() }, as: performer };
      },
      { id: ['me'], userId: ['5'], role: ['admin'] },
    ),
  },
});
