import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.listActions', {
  success: {
    'tells who did what to whom, when and why, newest first': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const moderator = await given.moderatorOf(performer);
      const viewer = await given.account();
      const { auth, moderation } = test.services;
      const input = {
        streamId,
        userId: viewer.user.id,
        kind: 'timeout',
        seconds: 60,
        reason: 'Spam',
      } as const;
      await moderation.restrict(await auth.authenticate(moderator.accessToken), input);
      const identity = await auth.authenticate(performer.accessToken);
      await moderation.updateSettings(identity, { streamId, slowModeSeconds: 30 });
      const answer = await call({ id: performer.user.id }, { as: performer });
      const common = { id: expect.any(String), streamId, messageId: null, createdAt: expect.any(String) };
      expect(answer.data).toEqual({
        items: [
          {
            ...common,
            action: 'settings_changed',
            actor: expect.objectContaining({ id: performer.user.id }),
            target: null,
            reason: null,
            details: { slowModeSeconds: 30 },
          },
          {
            ...common,
            action: 'viewer_timed_out',
            actor: expect.objectContaining({ id: moderator.user.id }),
            target: expect.objectContaining({ id: viewer.user.id, username: viewer.user.username }),
            reason: 'Spam',
            details: { seconds: 60 },
          },
        ],
        nextCursor: null,
      });
      return answer;
    },
    'keeps the line of whoever is deleted, without the name': async ({ call, given, test }) => {
      const performer = await given.performer();
      const viewer = await given.account();
      const identity = await test.services.auth.authenticate(performer.accessToken);
      const input = { id: performer.user.id, userId: viewer.user.id };
      await test.services.moderation.appoint(identity, input);
      await given.deleted(viewer);
      const answer = await call({ id: performer.user.id }, { as: await given.admin() });
      expect(answer.data.items).toMatchObject([{ target: { id: viewer.user.id, username: null } }]);
      expect(answer.text).not.toContain(viewer.user.username);
      return answer;
    },
    'pages by cursor until there is no more': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const identity = await test.services.auth.authenticate(performer.accessToken);
      for (const slowModeSeconds of [3, 4, 5]) {
        await test.services.moderation.updateSettings(identity, { streamId, slowModeSeconds });
      }
      const id = performer.user.id;
      const first = await call({ id, limit: 2 }, { as: performer });
      const answer = await call({ id, limit: 2, cursor: first.data.nextCursor }, { as: performer });
      const listed = [...first.data.items, ...answer.data.items];
      expect(listed.map(({ details }) => details?.slowModeSeconds)).toEqual([5, 4, 3]);
      expect(answer.data.nextCursor).toBeNull();
      return answer;
    },
  },

  FORBIDDEN: {
    'for a moderator': async ({ call, given }) => {
      const performer = await given.performer();
      return call({ id: performer.user.id }, { as: await given.moderatorOf(performer) });
    },
  },

  NOT_FOUND: {
    'for an admin, of an unknown user': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.admin() }),
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => {
      const performer = await given.performer();
      return { input: { id: performer.user.id }, as: performer };
    },
    { id: ['me'], limit: [0, 101, 1.5, 'ten'], cursor: ['', 'x', 'WzFd'], action: ['viewer_banned'] },
  ),
});
