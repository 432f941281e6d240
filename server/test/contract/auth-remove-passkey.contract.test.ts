import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('auth.removePasskey', {
  success: {
    'lets it in no more': async ({ call, given, test }) => {
      const owner = await given.account();
      const { passkey, authenticator } = await given.passkey(owner);
      const answer = await call({ id: passkey.id }, { as: owner });
      const credential = authenticator.get(await given.passkeyLogin());
      const client = { address: '127.0.0.1', userAgent: undefined };
      await expect(test.services.passkeys.login({ credential }, client)).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS',
      });
      return answer;
    },
  },

  NOT_FOUND: {
    'for an unknown one': async ({ call, given }) => call({ id: uuidv7() }, { as: await given.account() }),
    'for someone else’s': async ({ call, given }) => {
      const { passkey } = await given.passkey(await given.account());
      return call({ id: passkey.id }, { as: await given.account() });
    },
  },

  VALIDATION_FAILED: {
    ...invalidFields(async (given) => ({ input: { id: uuidv7() }, as: await given.account() }), {
      id: ['1', 'not-a-uuid'],
    }),
  },
});
