import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('administration.listAuditLog', {
  success: {
    'tells who did what to whom, newest first, page by page': async ({ call, given, test }) => {
      const admin = await given.admin();
      const identity = await test.services.auth.authenticateAfresh(admin.accessToken);
      const { id } = (await given.account()).user;
      await test.services.administration.setRole(identity, { id, role: 'performer' });
      await test.services.administration.suspend(identity, { id, reason: 'Spam' });
      const page = await call({ subjectId: id, limit: 1 }, { as: admin });
      expect(page.data.items).toEqual([
        {
          seq: expect.any(Number),
          action: 'user_suspended',
          actor: expect.objectContaining({ id: admin.user.id, username: admin.user.username }),
          subject: expect.objectContaining({ id }),
          details: { endedStreamIds: [] },
          createdAt: expect.any(String),
        },
      ]);
      const answer = await call({ subjectId: id, limit: 1, cursor: page.data.nextCursor }, { as: admin });
      expect(answer.data.items).toMatchObject([
        { action: 'role_changed', details: { from: 'viewer', to: 'performer' } },
      ]);
      return answer;
    },
    'filters by who acted, and by what was done': async ({ call, given, test }) => {
      const [admin, other] = [await given.admin(), await given.admin()];
      const identity = await test.services.auth.authenticateAfresh(admin.accessToken);
      const { id } = (await given.account()).user;
      await test.services.administration.suspend(identity, { id });
      await test.services.administration.liftSuspension(identity, id);
      const actionsOf = async (input: Record<string, unknown>) =>
        (await call({ limit: 100, ...input }, { as: admin })).data.items.map(({ action }) => action);
      const both = { actorId: admin.user.id, subjectId: id };
      expect(await actionsOf({ actorId: admin.user.id })).toEqual(['suspension_lifted', 'user_suspended']);
      expect(await actionsOf(both)).toEqual(['suspension_lifted', 'user_suspended']);
      expect(await actionsOf({ ...both, action: 'user_suspended' })).toEqual(['user_suspended']);
      expect(await actionsOf({ actorId: other.user.id, subjectId: id })).toEqual([]);
      return call({}, { as: admin });
    },
    'tells what nobody in particular did': async ({ call, given, test }) => {
      const { id } = (await given.account()).user;
      await test.database.client.execute(sql`select note_audit(null, 'role_changed', ${id}::uuid, null)`);
      const answer = await call({ subjectId: id }, { as: await given.admin() });
      expect(answer.data.items).toMatchObject([{ actor: null, subject: { id }, details: null }]);
      return answer;
    },
  },

  FORBIDDEN: {
    'for a viewer, of oneself': async ({ call, given }) => {
      const self = await given.account();
      return call({ subjectId: self.user.id }, { as: self });
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: {}, as: await given.admin() }), {
    actorId: ['me'],
    subjectId: ['me'],
    action: ['anything', ''],
    limit: [0, 101],
    cursor: ['elsewhere', Buffer.from(JSON.stringify([uuidv7()])).toString('base64url')],
  }),
});
