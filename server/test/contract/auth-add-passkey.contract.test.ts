import { expect } from 'vitest';
import { createAuthenticator } from '../authenticator.js';
import { contract, invalidFields, type Scene } from '../contract.js';
import { PASSWORD, SITE } from '../factories.js';

const name = 'Laptop';

/** The options of a session, for an authenticator to answer. */
const openOptions = async ({ given, test }: Scene<'auth.addPasskey'>) => {
  const owner = await given.account();
  const identity = await test.services.auth.authenticateAfresh(owner.accessToken);
  const { options } = await test.services.passkeys.beginAdding(identity, { currentPassword: PASSWORD });
  return { owner, options, authenticator: createAuthenticator(SITE) };
};

const misdeeds = {
  'of another site’s page': { origin: 'http://localhost.evil.example:3000' },
  'for another site': { domain: 'evil.example' },
  'of a login': { type: 'webauthn.get' },
  'to a challenge that is not ours': { challenge: 'A'.repeat(72) },
  'by a device that asked nobody': { isVerified: false },
};

contract('auth.addPasskey', {
  success: {
    'keeps it, and signs in with it': async (scene) => {
      const { owner, options, authenticator } = await openOptions(scene);
      const answer = await scene.call({ name, credential: authenticator.create(options) }, { as: owner });
      const createdAt = scene.test.clock.now().toISOString();
      expect(answer.data).toEqual({ id: expect.any(String), name, createdAt, lastUsedAt: null });
      const credential = authenticator.get(await scene.given.passkeyLogin());
      const client = { address: '127.0.0.1', userAgent: undefined };
      const signedIn = await scene.test.services.passkeys.login({ credential }, client);
      expect(signedIn.user.id).toBe(owner.user.id);
      return answer;
    },
    'does not mind what browsers add': async (scene) => {
      const { owner, options, authenticator } = await openOptions(scene);
      const credential = authenticator.create(options);
      const response = { ...credential.response, transports: ['internal'], publicKeyAlgorithm: -7 };
      const more = { ...credential, authenticatorAttachment: 'platform', response };
      return scene.call({ name, credential: more }, { as: owner });
    },
  },

  VALIDATION_FAILED: {
    ...Object.fromEntries(
      Object.entries(misdeeds).map(([title, misdeed]) => [
        `for an answer ${title}`,
        async (scene: Scene<'auth.addPasskey'>) => {
          const { owner, options, authenticator } = await openOptions(scene);
          const credential = authenticator.create(options, misdeed);
          return scene.call({ name, credential }, { as: owner });
        },
      ]),
    ),
    'for an answer in another session': async (scene) => {
      const { owner, options, authenticator } = await openOptions(scene);
      const elsewhere = await scene.given.login(owner);
      return scene.call({ name, credential: authenticator.create(options) }, { as: elsewhere });
    },
    'for an answer after five minutes': async (scene) => {
      const { owner, options, authenticator } = await openOptions(scene);
      scene.test.clock.advance(300);
      return scene.call({ name, credential: authenticator.create(options) }, { as: owner });
    },
    'for one that is known': async (scene) => {
      const { owner, options, authenticator } = await openOptions(scene);
      const credential = authenticator.create(options);
      await scene.call({ name, credential }, { as: owner });
      return scene.call({ name, credential }, { as: owner });
    },
    'for an eleventh': async (scene) => {
      const { owner, options, authenticator } = await openOptions(scene);
      for (let place = 0; place < 10; place += 1) await scene.given.passkey(owner);
      return scene.call({ name, credential: authenticator.create(options) }, { as: owner });
    },
    ...invalidFields(
      async (given) => {
        const owner = await given.account();
        return { input: { name, credential: await given.newPasskey(owner) }, as: owner };
      },
      {
        name: ['', ' ', 'x'.repeat(51), '\u200b', 5, null, undefined],
        credential: [{}, 'AAAA', null, undefined, { id: '!', rawId: '!', type: 'public-key', response: {} }],
      },
    ),
  },
});
