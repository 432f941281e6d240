import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('users.liftSuspension', {
  success: {
    'lets the user sign in again': async ({ call, given, test }) => {
      const admin = await given.admin();
      const identity = await test.services.auth.authenticateAfresh(admin.accessToken);
      const account = await given.account();
      const { id } = account.user;
      await test.services.administration.suspend(identity, { id, reason: 'Spam' });
      const answer = await call({ id }, { as: admin });
      expect(answer.data).toMatchObject({ id, suspendedAt: null, suspensionReason: null });
      expect((await given.login(account)).user.id).toBe(id);
      return answer;
    },
    'changes nothing for a user who is not suspended': async ({ call, given }) => {
      const { user } = await given.account();
      const answer = await call({ id: user.id }, { as: await given.admin() });
      expect(answer.data).toMatchObject({ id: user.id, suspendedAt: null });
      return answer;
    },
  },

  FORBIDDEN: {
    'for a performer': async ({ call, given }) =>
      call({ id: (await given.suspended()).user.id }, { as: await given.performer() }),
    'for a viewer, of an unknown user': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.account() }),
  },

  NOT_FOUND: {
    'for an unknown user': async ({ call, given }) => call({ id: uuidv7() }, { as: await given.admin() }),
    'for a deleted user': async ({ call, given }) => {
      const gone = await given.account();
      await given.deleted(gone);
      return call({ id: gone.user.id }, { as: await given.admin() });
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: { id: uuidv7() }, as: await given.admin() }), {
    id: ['me'],
    reason: ['Spam'],
  }),
});
