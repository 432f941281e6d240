import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('users.verify', {
  success: {
    'verifies a performer, without a body': async ({ call, given }) => {
      const { user } = await given.unverifiedPerformer();
      const answer = await call({ id: user.id }, { as: await given.admin() });
      expect(answer.data).toMatchObject({ id: user.id, role: 'performer', isVerified: true });
      return answer;
    },
    'makes a viewer a verified performer': async ({ call, given }) => {
      const { user } = await given.account();
      const answer = await call({ id: user.id, isVerified: true }, { as: await given.admin() });
      expect(answer.data).toMatchObject({ role: 'performer', isVerified: true });
      return answer;
    },
    'takes the verification back': async ({ call, given }) => {
      const { user } = await given.performer();
      const answer = await call({ id: user.id, isVerified: false }, { as: await given.admin() });
      expect(answer.data).toMatchObject({ role: 'performer', isVerified: false });
      return answer;
    },
    'gives the same for a second time': async ({ call, given }) => {
      const { user } = await given.account();
      const admin = await given.admin();
      const first = await call({ id: user.id }, { as: admin });
      const answer = await call({ id: user.id }, { as: admin });
      expect(answer.data).toEqual(first.data);
      return answer;
    },
    'leaves an admin an admin': async ({ call, given }) => {
      const admin = await given.admin();
      const answer = await call({ id: admin.user.id }, { as: admin });
      expect(answer.data.role).toBe('admin');
      return answer;
    },
  },

  FORBIDDEN: {
    'for a performer, of oneself': async ({ call, given }) => {
      const self = await given.unverifiedPerformer();
      return call({ id: self.user.id }, { as: self });
    },
    'for a viewer, of an unknown user': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.account() }),
  },

  NOT_FOUND: {
    'for an unknown user': async ({ call, given }) => call({ id: uuidv7() }, { as: await given.admin() }),
    'for a deleted user': async ({ call, given }) => {
      const signedIn = await given.account();
      await given.deleted(signedIn);
      return call({ id: signedIn.user.id }, { as: await given.admin() });
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: { id: uuidv7() }, as: await given.admin() }), {
    id: ['me'],
    isVerified: ['false', 'yes', 0, 1, null, [true]],
    role: ['admin'],
  }),
});
