import { users } from '@versbottomlex/database';
import { and, eq, ne } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('users.setRole', {
  success: {
    'makes an admin, whose tokens are those of an admin at once': async ({ call, given, test }) => {
      const account = await given.account();
      await test.services.auth.authenticate(account.accessToken);
      const { id } = account.user;
      const answer = await call({ id, role: 'admin' }, { as: await given.admin() });
      expect(answer.data).toMatchObject({ id, role: 'admin', isVerified: false });
      expect((await test.services.auth.authenticate(account.accessToken)).role).toBe('admin');
      return answer;
    },
    'makes a performer, who waits for verification': async ({ call, given }) => {
      const { id } = (await given.account()).user;
      const answer = await call({ id, role: 'performer' }, { as: await given.admin() });
      expect(answer.data).toMatchObject({ role: 'performer', isVerified: false });
      return answer;
    },
    'makes a viewer of a performer, whose stream ends': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const answer = await call({ id: performer.user.id, role: 'viewer' }, { as: await given.admin() });
      expect(answer.data).toMatchObject({ role: 'viewer', isVerified: false });
      expect(await test.services.streams.get(null, streamId)).toMatchObject({ status: 'ended' });
      return answer;
    },
    'lets an admin step down while there is another': async ({ call, given }) => {
      const [admin] = [await given.admin(), await given.admin()];
      return call({ id: admin.user.id, role: 'viewer' }, { as: admin });
    },
    'changes nothing for the role that the user has': async ({ call, given }) => {
      const { id } = (await given.performer()).user;
      const answer = await call({ id, role: 'performer' }, { as: await given.admin() });
      expect(answer.data).toMatchObject({ role: 'performer', isVerified: true });
      return answer;
    },
  },

  FORBIDDEN: {
    'for a performer, of oneself': async ({ call, given }) => {
      const self = await given.performer();
      return call({ id: self.user.id, role: 'admin' }, { as: self });
    },
    'for a viewer, of an unknown user': async ({ call, given }) =>
      call({ id: uuidv7(), role: 'viewer' }, { as: await given.account() }),
  },

  NOT_FOUND: {
    'for an unknown user': async ({ call, given }) =>
      call({ id: uuidv7(), role: 'admin' }, { as: await given.admin() }),
    'for a deleted user': async ({ call, given }) => {
      const gone = await given.account();
      await given.deleted(gone);
      return call({ id: gone.user.id, role: 'admin' }, { as: await given.admin() });
    },
  },

  LAST_ADMIN: {
    'for oneself, as the last one': async ({ call, given, test }) => {
      const admin = await given.admin();
      const isOther = and(eq(users.role, 'admin'), ne(users.id, admin.user.id));
      await test.database.client.update(users).set({ role: 'performer' }).where(isOther);
      return call({ id: admin.user.id, role: 'performer' }, { as: admin });
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { id: uuidv7(), role: 'viewer' }, as: await given.admin() }),
    { id: ['me'], role: ['owner', 'moderator', '', null], isVerified: [true] },
  ),
});
