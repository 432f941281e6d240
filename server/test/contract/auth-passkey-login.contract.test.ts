import { users } from '@versbottomlex/database';
import { eq } from 'drizzle-orm';
import { expect } from 'vitest';
import { createAuthenticator, type Misdeeds } from '../authenticator.js';
import { contract, invalidFields, type Scene } from '../contract.js';
import { SITE } from '../factories.js';

type LoginScene = Scene<'auth.passkeyLogin'>;

const misdeeds: Record<string, Misdeeds> = {
  'of another site’s page': { origin: 'https://localhost:3000' },
  'for another site': { domain: 'evil.example' },
  'of a registration': { type: 'webauthn.create' },
  'to a challenge that is not ours': { challenge: 'A'.repeat(72) },
  'by a device that asked nobody': { isVerified: false },
};

const refuses = (misdeed: Misdeeds) => async (scene: LoginScene) => {
  const { authenticator } = await scene.given.passkey(await scene.given.account());
  return scene.call({ credential: authenticator.get(await scene.given.passkeyLogin(), misdeed) });
};

contract('auth.passkeyLogin', {
  success: {
    'signs in its owner, who has given a second factor by it': async ({ call, given, test }) => {
      const owner = await given.account();
      const { authenticator } = await given.passkey(owner);
      await given.secondFactor(owner);
      const answer = await call({ credential: authenticator.get(await given.passkeyLogin()) });
      expect(answer.data.user).toEqual(owner.user);
      const identity = await test.services.auth.authenticateAfresh(answer.data.accessToken ?? '');
      expect(identity).toMatchObject({
        userId: owner.user.id,
        secondFactorAt: test.clock.now().toISOString(),
      });
      return answer;
    },
    'again and again, by keys that count and by those that do not': async ({ call, given, test }) => {
      const owner = await given.account();
      for (const isCounting of [true, false]) {
        const { authenticator } = await given.passkey(owner, { isCounting });
        await call({ credential: authenticator.get(await given.passkeyLogin()) });
        test.clock.advance(1);
        await call({ credential: authenticator.get(await given.passkeyLogin()) });
      }
      test.clock.advance(1);
      const { authenticator } = await given.passkey(owner);
      return call({ credential: authenticator.get(await given.passkeyLogin()) });
    },
  },

  INVALID_CREDENTIALS: {
    ...Object.fromEntries(
      Object.entries(misdeeds).map(([title, misdeed]) => [`for an answer ${title}`, refuses(misdeed)]),
    ),
    'for a passkey that nobody has added': async ({ call, given }) =>
      call({ credential: createAuthenticator(SITE).get(await given.passkeyLogin()) }),
    'for the signature of another key': async ({ call, given }) => {
      const { authenticator } = await given.passkey(await given.account());
      const other = createAuthenticator(SITE).get(await given.passkeyLogin());
      return call({ credential: { ...other, id: authenticator.id, rawId: authenticator.id } });
    },
    'for an answer that was given before, however many come at once': async ({ call, given }) => {
      const { authenticator } = await given.passkey(await given.account(), { isCounting: false });
      const credential = authenticator.get(await given.passkeyLogin());
      const answers = await Promise.all(Array.from({ length: 4 }, () => call({ credential })));
      expect(answers.filter(({ failure }) => !failure)).toHaveLength(1);
      return call({ credential });
    },
    'for a key whose count has not grown, which may be a copy': async ({ call, given, test }) => {
      const { authenticator } = await given.passkey(await given.account());
      await call({ credential: authenticator.get(await given.passkeyLogin(), { count: 7 }) });
      test.clock.advance(1);
      return call({ credential: authenticator.get(await given.passkeyLogin(), { count: 7 }) });
    },
    'for an answer after five minutes': async ({ call, given, test }) => {
      const { authenticator } = await given.passkey(await given.account());
      const options = await given.passkeyLogin();
      test.clock.advance(300);
      return call({ credential: authenticator.get(options) });
    },
    'for a deleted account': async ({ call, given }) => {
      const owner = await given.account();
      const { authenticator } = await given.passkey(owner);
      await given.deleted(owner);
      return call({ credential: authenticator.get(await given.passkeyLogin()) });
    },
  },

  ACCOUNT_SUSPENDED: {
    'for a good answer': async ({ call, given, test }) => {
      const owner = await given.account();
      const { authenticator } = await given.passkey(owner);
      const suspendedAt = test.clock.now().toISOString();
      await test.database.client.update(users).set({ suspendedAt }).where(eq(users.id, owner.user.id));
      return call({ credential: authenticator.get(await given.passkeyLogin()) });
    },
  },

  VALIDATION_FAILED: {
    ...invalidFields(
      async (given) => ({ input: { credential: createAuthenticator(SITE).get(await given.passkeyLogin()) } }),
      {
        credential: [
          {},
          'AAAA',
          null,
          undefined,
          [],
          { id: '!', rawId: '!', type: 'public-key', response: {} },
        ],
        password: ['a password'],
      },
    ),
  },
});
