import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('users.get', {
  success: {
    'gives a guest the public profile, and nothing more': async ({ call, given }) => {
      const { email, isEmailVerified: _, ...profile } = (await given.account()).user;
      const answer = await call({ id: profile.id });
      expect(answer.data).toEqual({ ...profile, counts: { streams: 0, followers: 0 } });
      expect(answer.text).not.toContain(email);
      return answer;
    },
    'gives its owner the same as a guest': async ({ call, given }) => {
      const signedIn = await given.account();
      const seen = await call({ id: signedIn.user.id });
      const answer = await call({ id: signedIn.user.id }, { as: signedIn });
      expect(answer.data).toEqual(seen.data);
      return answer;
    },
    'counts public streams only': async ({ call, given }) => {
      const performer = await given.performer();
      await given.stream(performer);
      await given.scheduledStream(performer);
      await given.scheduledStream(performer, { isPrivate: true, price: 500 });
      const answer = await call({ id: performer.user.id });
      expect(answer.data.counts).toEqual({ streams: 2, followers: 0 });
      return answer;
    },
  },

  NOT_FOUND: {
    'for an unknown user': ({ call }) => call({ id: uuidv7() }),
    'for a deleted user': async ({ call, given }) => {
      const signedIn = await given.account();
      await given.deleted(signedIn);
      return call({ id: signedIn.user.id });
    },
  },

  VALIDATION_FAILED: invalidFields(async () => ({ input: { id: uuidv7() } }), {
    id: ['me', '5', 'ab%2Fc', '6ba7b810-9dad-41d1-80b4-00c04fd430c8', ' '],
    fields: ['email'],
  }),
});
