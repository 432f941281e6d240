import { expect } from 'vitest';
import { contract, contractWhere, invalidFields } from '../contract.js';

contract('users.becomePerformer', {
  success: {
    'makes a verified performer at once, without a body': async ({ call, given }) => {
      const self = await given.account();
      const answer = await call({ id: self.user.id }, { as: self });
      expect(answer.data).toMatchObject({ id: self.user.id, role: 'performer', isVerified: true });
      return answer;
    },
    'counts at once, with the same token': async ({ call, given, test }) => {
      const self = await given.account();
      await test.services.auth.authenticate(self.accessToken);
      const answer = await call({ id: self.user.id }, { as: self });
      const identity = await test.services.auth.authenticate(self.accessToken);
      expect(identity).toMatchObject({ role: 'performer', isVerified: true });
      return answer;
    },
  },

  FORBIDDEN: {
    'for another user': async ({ call, given }) => {
      const { user } = await given.account();
      return call({ id: user.id }, { as: await given.account() });
    },
    'for another user, even for an admin': async ({ call, given }) => {
      const { user } = await given.account();
      return call({ id: user.id }, { as: await given.admin() });
    },
  },

  ALREADY_A_PERFORMER: {
    'for a performer': async ({ call, given }) => {
      const self = await given.performer();
      return call({ id: self.user.id }, { as: self });
    },
    'for a performer who waits for an admin': async ({ call, given }) => {
      const self = await given.unverifiedPerformer();
      return call({ id: self.user.id }, { as: self });
    },
    'for an admin': async ({ call, given }) => {
      const self = await given.admin();
      return call({ id: self.user.id }, { as: self });
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => {
      const self = await given.account();
      return { input: { id: self.user.id }, as: self };
    },
    { id: ['me'], isVerified: [true], role: ['performer'] },
  ),
});

contractWhere({ PERFORMER_APPROVAL: 'admin' }, 'users.becomePerformer', {
  success: {
    'makes a performer whom an admin has yet to verify': async ({ call, given }) => {
      const self = await given.account();
      const answer = await call({ id: self.user.id }, { as: self });
      expect(answer.data).toMatchObject({ role: 'performer', isVerified: false });
      return answer;
    },
  },
});
