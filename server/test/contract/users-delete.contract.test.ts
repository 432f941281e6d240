import { sql } from 'drizzle-orm';
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
        auth.login(
          { email: self.user.email, password: PASSWORD },
          { address: '127.0.0.1', userAgent: undefined },
        ),
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
    'gives up wallet, earnings and what was asked to be paid out, where that is asked for': async ({
      call,
      given,
      test,
    }) => {
      const self = await given.performer();
      await given.funds(self, 1250);
      await given.payout(self);
      const answer = await call({ id: self.user.id, forfeitBalance: true }, { as: self });
      await expect(test.services.auth.authenticate(self.accessToken)).rejects.toMatchObject({
        code: 'SESSION_REVOKED',
      });
      return answer;
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

  BALANCE_OPEN: {
    'while the wallet or the earnings hold money, and says how much and what to do': async ({
      call,
      given,
    }) => {
      const self = await given.performer();
      await given.funds(self, 1250);
      await given.earned(self, 99);
      const answer = await call({ id: self.user.id }, { as: self });
      expect(answer.failure?.detail).toMatch(/^The account holds .*: spend it, .* forfeitBalance=true\.$/);
      expect(answer.failure?.detail).toContain('12.50 USD in the wallet');
      expect(answer.failure?.detail).toContain('0.99 USD of earnings');
      return answer;
    },
    'while a payout is asked for': async ({ call, given }) => {
      const self = await given.performer();
      await given.payout(self);
      const answer = await call({ id: self.user.id, forfeitBalance: false }, { as: self });
      expect(answer.failure?.detail).toContain('100.00 USD asked to be paid out');
      return answer;
    },
    'while a payout is approved, which cannot be given up': async ({ call, given }) => {
      const self = await given.performer();
      await given.payout(self, 'approved');
      const answer = await call({ id: self.user.id, forfeitBalance: true }, { as: self });
      expect(answer.failure?.detail).toBe(
        'The account holds 100.00 USD about to be paid out: wait until the payout is paid.',
      );
      return answer;
    },
    'while a show goes on that sold tickets, which cannot be given up': async ({ call, given }) => {
      const self = await given.performer();
      await given.ticket(await given.account(), await given.stream(self, { isPrivate: true, price: 500 }));
      const answer = await call({ id: self.user.id, forfeitBalance: true }, { as: self });
      expect(answer.failure?.detail).toBe(
        'The account holds 5.00 USD for tickets of a show that has begun: end the show, and wait a moment.',
      );
      return answer;
    },
    'for admins too': async ({ call, given }) => {
      const other = await given.account();
      await given.funds(other, 500);
      return call({ id: other.user.id }, { as: await given.admin() });
    },
  },

  LAST_ADMIN: {
    'for the last one, who would leave nobody to administer the site': async ({ call, given, test }) => {
      const last = await given.admin();
      await test.database.client.execute(
        sql`update users set role = 'performer' where role = 'admin' and id <> ${last.user.id}::uuid`,
      );
      return call({ id: last.user.id }, { as: last });
    },
  },

  PAYMENTS_HALTED: {
    'when money would be given up while the ledger is out of balance; without that, nothing moves': async ({
      call,
      given,
      test,
    }) => {
      const [self, other] = [await given.account(), await given.account()];
      await given.funds(self, 500);
      const err = async (by: number) => {
        await test.database.client.execute(sql`
          update ledger_accounts set balance = balance + ${by}::int where owner_id = ${self.user.id}`);
        await test.services.ledger.audit();
      };
      await err(1);
      const answer = await call({ id: self.user.id, forfeitBalance: true }, { as: self });
      expect((await call({ id: other.user.id }, { as: other })).status).toBe(200);
      await err(-1);
      expect((await call({ id: self.user.id, forfeitBalance: true }, { as: self })).status).toBe(200);
      return answer;
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => {
      const self = await given.account();
      return { input: { id: self.user.id }, as: self };
    },
    { id: ['me', '5', uuidv7().slice(1)], reason: ['bored'], forfeitBalance: ['yes', '1'] },
  ),
});
