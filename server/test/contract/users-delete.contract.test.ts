import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { PASSWORD } from '../factories.js';

contract('users.delete', {
  success: {
    'ends the account: no profile, no login, no token': async ({ call, given, test }) => {
      const self = await given.account();
      const { auth, users } = test.services;
      const answer = await call({ id: self.user.id }, { as: self });
      expect(answer.data).toEqual({ id: self.user.id, deletedAt: test.clock.now().toISOString() });
      await expect(users.get(self.user.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(
        auth.login({ email: self.user.email, password: PASSWORD }, undefined),
      ).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS',
      });
      await expect(auth.authenticate(self.accessToken)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await expect(auth.refresh(self)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      return answer;
    },
    'ends the live stream, which shows no name any more': async ({ call, given, test }) => {
      const self = await given.performer();
      const { id } = await given.stream(self);
      const answer = await call({ id: self.user.id }, { as: self });
      const stream = await test.services.streams.get(null, id);
      expect(stream).toMatchObject({ status: 'ended', performer: { id: self.user.id, username: null } });
      expect(JSON.stringify(stream)).not.toContain(self.user.username);
      return answer;
    },
    'lets an admin delete another user, however long ago the login was': async ({ call, given, test }) => {
      const { user } = await given.account();
      const admin = await given.admin();
      test.clock.advance(14 * 60);
      const renewed = await test.services.auth.refresh(admin);
      test.clock.advance(2 * 60);
      return call({ id: user.id }, { as: renewed });
    },
    'frees the name and the e-mail address': async ({ call, given }) => {
      const self = await given.account();
      const answer = await call({ id: self.user.id }, { as: self });
      await given.account({ username: self.user.username, email: self.user.email });
      return answer;
    },
  },

  FORBIDDEN: {
    'for another user': async ({ call, given }) => {
      const { user } = await given.account();
      return call({ id: user.id }, { as: await given.account() });
    },
    'for an unknown user, so that nobody learns who exists': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.account() }),
  },

  REAUTHENTICATION_REQUIRED: {
    'when the login is older than 15 minutes, though the token is new': async ({ call, given, test }) => {
      const self = await given.account();
      test.clock.advance(14 * 60);
      const renewed = await test.services.auth.refresh(self);
      test.clock.advance(60 + 1);
      return call({ id: self.user.id }, { as: renewed });
    },
  },

  NOT_FOUND: {
    'for an admin, of an unknown user': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.admin() }),
    'for an admin, of a user deleted before': async ({ call, given }) => {
      const signedIn = await given.account();
      await given.deleted(signedIn);
      return call({ id: signedIn.user.id }, { as: await given.admin() });
    },
  },

  SESSION_REVOKED: {
    'for whoever deletes the own account twice': async ({ call, given }) => {
      const self = await given.account();
      await call({ id: self.user.id }, { as: self });
      return call({ id: self.user.id }, { as: self });
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => {
      const self = await given.account();
      return { input: { id: self.user.id }, as: self };
    },
    { id: ['me', '5', uuidv7().slice(1)], reason: ['bored'] },
  ),
});
