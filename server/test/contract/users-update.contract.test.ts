import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('users.update', {
  success: {
    'changes what is given': async ({ call, given }) => {
      const self = await given.account();
      const changes = { username: `${self.user.username}_new`, displayName: 'Ada L.', bio: 'One\nTwo' };
      const answer = await call({ id: self.user.id, ...changes }, { as: self });
      const { email: _, isEmailVerified: _isEmailVerified, ...profile } = self.user;
      expect(answer.data).toEqual({ ...profile, ...changes, counts: { streams: 0, followers: 0 } });
      return answer;
    },
    'changes nothing when nothing is given': async ({ call, given }) => {
      const self = await given.account();
      const answer = await call({ id: self.user.id }, { as: self });
      expect(answer.data).toMatchObject({ username: self.user.username, bio: '' });
      return answer;
    },
    'lets a user write the own name in another case': async ({ call, given }) => {
      const self = await given.account();
      const username = self.user.username.toUpperCase();
      const answer = await call({ id: self.user.id, username }, { as: self });
      expect(answer.data.username).toBe(username);
      return answer;
    },
    'lets an admin change another user': async ({ call, given }) => {
      const { user } = await given.account();
      const answer = await call({ id: user.id, bio: '' }, { as: await given.admin() });
      expect(answer.data.id).toBe(user.id);
      return answer;
    },
    'takes 50 and 1000 code points': async ({ call, given }) => {
      const self = await given.account();
      return call({ id: self.user.id, displayName: '🦊'.repeat(50), bio: '🦊'.repeat(1000) }, { as: self });
    },
  },

  FORBIDDEN: {
    'for another user': async ({ call, given }) => {
      const { user } = await given.account();
      return call({ id: user.id, bio: 'mine now' }, { as: await given.account() });
    },
    'for an unknown user, so that nobody learns who exists': async ({ call, given }) =>
      call({ id: uuidv7(), bio: 'mine now' }, { as: await given.account() }),
  },

  NOT_FOUND: {
    'for an admin, of an unknown user': async ({ call, given }) =>
      call({ id: uuidv7(), bio: 'hello' }, { as: await given.admin() }),
    'for an admin, of a deleted user': async ({ call, given }) => {
      const signedIn = await given.account();
      await given.deleted(signedIn);
      return call({ id: signedIn.user.id, bio: 'hello' }, { as: await given.admin() });
    },
  },

  USERNAME_TAKEN: {
    'in whatever case': async ({ call, given }) => {
      const { user } = await given.account();
      const self = await given.account();
      return call({ id: self.user.id, username: user.username.toUpperCase() }, { as: self });
    },
  },

  VALIDATION_FAILED: {
    'for an id that is none': async ({ call, given }) =>
      call({ id: 'me', bio: '' }, { as: await given.account() }),
    ...invalidFields(
      async (given) => {
        const self = await given.account();
        return { input: { id: self.user.id }, as: self };
      },
      {
        username: ['', 'ab', 'a'.repeat(31), 'two words', null, 5],
        displayName: ['', ' ', 'a'.repeat(51), 'two\nlines', null, 5],
        bio: ['a'.repeat(1001), 'nul\0', null, 5],
        role: ['admin', 'viewer'],
        isVerified: [true],
        email: ['other@example.com'],
        password: ['another passphrase'],
        avatarUrl: ['https://example.com/a.png'],
      },
    ),
  },
});
