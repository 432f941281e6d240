import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.restrict', {
  success: {
    'times out for so many seconds': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const { user } = await given.account();
      const input = { streamId, userId: user.id, kind: 'timeout', seconds: 600, reason: 'Spam' };
      const answer = await call(input, { as: performer });
      const { id, username, displayName } = user;
      expect(answer.data).toEqual({
        user: { id, username, displayName, avatarUrl: null, isVerified: false },
        kind: 'timeout',
        reason: 'Spam',
        expiresAt: new Date(test.clock.now().getTime() + 600_000).toISOString(),
        createdAt: test.clock.now().toISOString(),
      });
      return answer;
    },
    'bans until that is lifted, instead of a timeout': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const { id: userId } = (await given.account()).user;
      await call({ streamId, userId, kind: 'timeout', seconds: 1 }, { as: performer });
      const answer = await call({ streamId, userId, kind: 'ban' }, { as: performer });
      expect(answer.data).toMatchObject({ kind: 'ban', reason: null, expiresAt: null });
      return answer;
    },
    'gives the same when a ban is sent again': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const input = { streamId, userId: (await given.account()).user.id, kind: 'ban', reason: 'Spam' };
      const first = await call(input, { as: performer });
      test.clock.advance(60);
      const answer = await call(input, { as: performer });
      expect(answer.data).toEqual(first.data);
      return answer;
    },
    'lets a moderator restrict a viewer, of an ended stream too': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.endedStream(performer);
      const { id: userId } = (await given.account()).user;
      return call({ streamId, userId, kind: 'ban' }, { as: await given.moderatorOf(performer) });
    },
    'lets the performer restrict a moderator, who is one no more': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const moderator = await given.moderatorOf(performer);
      await call({ streamId, userId: moderator.user.id, kind: 'timeout', seconds: 60 }, { as: performer });
      const other = { streamId, userId: (await given.account()).user.id, kind: 'ban' };
      expect((await call(other, { as: moderator })).failure?.code).toBe('FORBIDDEN');
      return call(other, { as: performer });
    },
    'lets an admin restrict another performer': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer());
      const userId = (await given.performer()).user.id;
      return call({ streamId, userId, kind: 'ban' }, { as: await given.admin() });
    },
  },

  FORBIDDEN: {
    'for a viewer': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer());
      const userId = (await given.account()).user.id;
      return call({ streamId, userId, kind: 'ban' }, { as: await given.account() });
    },
    'for a viewer, of an unknown user, so that nobody learns who exists': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer());
      return call({ streamId, userId: uuidv7(), kind: 'ban' }, { as: await given.account() });
    },
    'against the performer': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const input = { streamId, userId: performer.user.id, kind: 'ban' };
      return call(input, { as: await given.moderatorOf(performer) });
    },
    'against the performer, for an admin': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      return call({ streamId, userId: performer.user.id, kind: 'ban' }, { as: await given.admin() });
    },
    'against an admin': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      return call({ streamId, userId: (await given.admin()).user.id, kind: 'ban' }, { as: performer });
    },
    'against another moderator, for a moderator': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const input = { streamId, userId: (await given.moderatorOf(performer)).user.id, kind: 'ban' };
      return call(input, { as: await given.moderatorOf(performer) });
    },
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) => {
      const userId = (await given.account()).user.id;
      return call({ streamId: uuidv7(), userId, kind: 'ban' }, { as: await given.performer() });
    },
    'for an unknown user': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      return call({ streamId, userId: uuidv7(), kind: 'ban' }, { as: performer });
    },
    'for a deleted user': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const viewer = await given.account();
      await given.deleted(viewer);
      return call({ streamId, userId: viewer.user.id, kind: 'ban' }, { as: performer });
    },
  },

  VALIDATION_FAILED: {
    'for oneself': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const answer = await call({ streamId, userId: performer.user.id, kind: 'ban' }, { as: performer });
      expect(answer.failure?.errors?.[0]?.path).toBe('userId');
      return answer;
    },
    'for a timeout without seconds': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      return call({ streamId, userId: uuidv7(), kind: 'timeout' }, { as: performer });
    },
    ...invalidFields(
      async (given) => {
        const performer = await given.performer();
        const { id: streamId } = await given.stream(performer);
        return { input: { streamId, userId: uuidv7(), kind: 'ban' }, as: performer };
      },
      {
        streamId: ['live'],
        userId: ['me'],
        kind: ['mute', '', null],
        seconds: [0, 60, 1_209_601, '60'],
        reason: ['', '   ', 'x'.repeat(201), null],
        expiresAt: ['2199-01-01T00:00:00.000Z'],
      },
    ),
  },
});
