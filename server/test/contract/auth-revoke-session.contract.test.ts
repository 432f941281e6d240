import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { outcomeOf } from '../outcome.js';

contract('auth.revokeSession', {
  success: {
    'ends the tokens of that session at once and of no other, and gives the same for a second time': async ({
      call,
      given,
      test: { services },
    }) => {
      const here = await given.account();
      const [lost, kept] = [await given.login(here), await given.login(here)];
      for (const { accessToken } of [lost, kept]) await services.auth.authenticate(accessToken);
      const id = given.sessionIdOf(lost);
      const first = await call({ id }, { as: here });
      expect(await outcomeOf(services.auth.authenticate(lost.accessToken))).toBe('SESSION_REVOKED');
      expect(await outcomeOf(services.auth.refresh(lost))).toBe('SESSION_REVOKED');
      expect(await outcomeOf(services.auth.authenticate(kept.accessToken))).toBe('ok');
      expect(await outcomeOf(services.auth.refresh(kept))).toBe('ok');
      const answer = await call({ id }, { as: here });
      expect(answer.data).toEqual({ id });
      expect(first.data).toEqual({ id });
      return answer;
    },
    'may be the session that asks': async ({ call, given, test }) => {
      const here = await given.account();
      const answer = await call({ id: given.sessionIdOf(here) }, { as: here });
      expect(await outcomeOf(test.services.auth.authenticate(here.accessToken))).toBe('SESSION_REVOKED');
      return answer;
    },
  },

  NOT_FOUND: {
    'for a session that never was': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.account() }),
    'for someone else’s, which goes on': async ({ call, given, test }) => {
      const stranger = await given.account();
      const answer = await call({ id: given.sessionIdOf(stranger) }, { as: await given.account() });
      expect(await outcomeOf(test.services.auth.authenticateAfresh(stranger.accessToken))).toBe('ok');
      return answer;
    },
    'for someone else’s, also to an admin': async ({ call, given }) =>
      call({ id: given.sessionIdOf(await given.account()) }, { as: await given.admin() }),
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { id: uuidv7() }, as: await given.account() }),
    { id: ['current', "' or 1=1 --"], userId: [uuidv7()] },
  ),
});
