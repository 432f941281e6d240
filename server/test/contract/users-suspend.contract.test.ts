import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { holdTransaction } from '../held-transaction.js';
import { outcomeOf } from '../outcome.js';

contract('users.suspend', {
  success: {
    'ends what the user has open': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const { id } = performer.user;
      const answer = await call({ id, reason: 'Spam' }, { as: await given.admin() });
      expect(answer.data).toEqual({
        id,
        username: performer.user.username,
        displayName: performer.user.displayName,
        role: 'performer',
        isVerified: true,
        suspendedAt: test.clock.now().toISOString(),
        suspensionReason: 'Spam',
      });
      expect(await test.services.streams.get(null, streamId)).toMatchObject({ status: 'ended' });
      expect(await outcomeOf(test.services.auth.authenticate(performer.accessToken))).toBe('SESSION_REVOKED');
      expect(await outcomeOf(given.login(performer))).toBe('ACCOUNT_SUSPENDED');
      return answer;
    },
    'works without a body, and gives the same for a second time': async ({ call, given }) => {
      const { user } = await given.account();
      const first = await call({ id: user.id }, { as: await given.admin() });
      expect(first.data.suspensionReason).toBeNull();
      const answer = await call({ id: user.id }, { as: await given.admin() });
      expect(answer.data).toEqual(first.data);
      return answer;
    },
    'gives another reason': async ({ call, given }) => {
      const { user } = await given.account();
      const as = await given.admin();
      const first = await call({ id: user.id, reason: 'Spam' }, { as });
      const answer = await call({ id: user.id, reason: 'Fraud' }, { as });
      expect(answer.data).toEqual({ ...first.data, suspensionReason: 'Fraud' });
      return answer;
    },
    'suspends another admin': async ({ call, given }) => {
      const { user } = await given.admin();
      return call({ id: user.id }, { as: await given.admin() });
    },
  },

  FORBIDDEN: {
    'for an admin, of oneself': async ({ call, given }) => {
      const admin = await given.admin();
      return call({ id: admin.user.id }, { as: admin });
    },
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

  LAST_ADMIN: {
    'for the last one, when whoever asks loses the role at the same moment': async ({
      call,
      given,
      test,
    }) => {
      const [asking, last] = [await given.admin(), await given.admin()];
      const demotion = await holdTransaction(
        test.databaseUrl,
        `select is_last_admin(users) from users where id = '${asking.user.id}';
        update users set role = 'performer' where role = 'admin' and id <> '${last.user.id}'`,
      );
      const answer = call({ id: last.user.id }, { as: asking });
      await demotion.untilWaitedFor();
      await demotion.commit();
      return answer;
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: { id: uuidv7() }, as: await given.admin() }), {
    id: ['me'],
    reason: ['', '  ', 'x'.repeat(501), null],
    until: ['2030-01-01T00:00:00.000Z'],
  }),
});
