import { accountTokens, messages, payments, roomModerators, sessions, users } from '@versbottomlex/database';
import {
  AMOUNT_MAX,
  type CreateReportInput,
  type CreateStreamInput,
  DEFAULT_CURRENCY,
  type FiledReport,
  type PasskeyOptions,
  type Payment,
  type Payout,
  type RegisterInput,
  type Role,
  type SignedIn,
  type Stream,
} from '@versbottomlex/shared';
import { eq, sql } from 'drizzle-orm';
import { decodeJwt } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { expect, vi } from 'vitest';
import { setRole } from '../src/administration/administration.queries.js';
import { createMailedToken } from '../src/recovery/mailed-token.js';
import { codeAt } from '../src/second-factor/one-time-passwords.js';
import { createAuthenticator } from './authenticator.js';
import {
  type AccountTokenRow,
  accountTokenRow,
  type MessageRow,
  messageRow,
  type PaymentRow,
  paymentRow,
} from './rows.js';
import type { TestServices } from './services.js';

/** The password of every account that a factory makes. */
export const PASSWORD = 'a passphrase of the tests';

/** What the passkeys of tests are for, where no address is configured. */
export const SITE = { origin: 'http://localhost:3000', domain: 'localhost' };

/** What these options are for. */
const siteIn = ({ options }: PasskeyOptions) => {
  const { id: domain } = options.rp as { id: string };
  return domain === SITE.domain ? SITE : { origin: `https://${domain}`, domain };
};

const HOUR_MS = 3_600_000;

/** Makes accounts, streams and payments that break no rule, each unlike every other. */
export const createFactories = ({
  services,
  database,
  clock,
}: Pick<TestServices, 'services' | 'database' | 'clock'>) => {
  let made = 0;

  const client = { address: '127.0.0.1', userAgent: 'tests' };

  /** What registers an account that nobody has yet. */
  const registration = (given: Partial<RegisterInput> = {}): RegisterInput => {
    made += 1;
    const username = `Person_${made}`;
    const email = `${username.toLowerCase()}@example.com`;
    return { username, email, password: PASSWORD, birthDate: '1990-05-06', ...given };
  };

  /** A viewer, signed in. */
  const account = (given: Partial<RegisterInput> = {}): Promise<SignedIn> =>
    services.auth.register(registration(given), client);

  const withRole = async (role: Role, isVerified: boolean): Promise<SignedIn> => {
    const signedIn = await account();
    await setRole(database, { username: signedIn.user.username, role, isVerified });
    return { ...signedIn, user: { ...signedIn.user, role, isVerified } };
  };

  const identityOf = ({ accessToken }: SignedIn) => services.auth.authenticateAfresh(accessToken);

  const stream = async (by: SignedIn, given: Partial<CreateStreamInput> = {}): Promise<Stream> => {
    const identity = await services.auth.authenticateAfresh(by.accessToken);
    return services.streams.create(identity, {
      title: 'A stream',
      description: '',
      tags: [],
      isPrivate: false,
      ...given,
    });
  };

  const factories = {
    registration,
    account,
    performer: () => withRole('performer', true),
    unverifiedPerformer: () => withRole('performer', false),
    admin: () => withRole('admin', true),

    /** A viewer who was suspended after signing in, and whose identity nothing has cached yet. */
    suspended: async (): Promise<SignedIn> => {
      const signedIn = await account();
      const suspendedAt = clock.now().toISOString();
      await database.client.update(users).set({ suspendedAt }).where(eq(users.id, signedIn.user.id));
      return signedIn;
    },

    /** Whose sessions have given a code of a second factor, which the account does not have. */
    secured: async (signedIn: SignedIn): Promise<SignedIn> => {
      const secondFactorAt = clock.now().toISOString();
      await database.client
        .update(sessions)
        .set({ secondFactorAt })
        .where(eq(sessions.userId, signedIn.user.id));
      return signedIn;
    },

    /** A verified performer who may ask for payouts. */
    securedPerformer: async (): Promise<SignedIn> => factories.secured(await factories.performer()),

    /** Begins to set up a second factor, and answers the code that confirms it. */
    firstCode: async (by: SignedIn): Promise<string> => {
      const { secret } = await services.secondFactor.beginSetUp(await identityOf(by), {
        currentPassword: PASSWORD,
      });
      return codeAt(secret, clock.now());
    },

    /** Sets up a second factor; `nextCode` is what the app shows half a minute later, which is good already. */
    secondFactor: async (by: SignedIn) => {
      const identity = await identityOf(by);
      const { secret } = await services.secondFactor.beginSetUp(identity, { currentPassword: PASSWORD });
      const code = codeAt(secret, clock.now());
      const { recoveryCodes } = await services.secondFactor.confirm(identity, { code });
      const nextCode = () => codeAt(secret, new Date(clock.now().getTime() + 30_000));
      return { secret, code, nextCode, recoveryCodes, recoveryCode: recoveryCodes[0] ?? '' };
    },

    /** The options of a login with a passkey. */
    passkeyLogin: async () => (await services.passkeys.beginLogin()).options,

    /** What a browser has made for this session and the server does not know yet. */
    newPasskey: async (by: SignedIn) => {
      const begun = await services.passkeys.beginAdding(await identityOf(by), { currentPassword: PASSWORD });
      return createAuthenticator(siteIn(begun)).create(begun.options);
    },

    /** Adds a passkey, in an authenticator of its own that counts unless told otherwise. */
    passkey: async (by: SignedIn, options: { isCounting?: boolean } = {}) => {
      const identity = await identityOf(by);
      const begun = await services.passkeys.beginAdding(identity, { currentPassword: PASSWORD });
      const authenticator = createAuthenticator(siteIn(begun), options);
      const credential = authenticator.create(begun.options);
      return {
        authenticator,
        passkey: await services.passkeys.add(identity, { name: 'Laptop', credential }),
      };
    },

    /** A viewer who moderates the rooms of `performer`. */
    moderatorOf: async (performer: SignedIn): Promise<SignedIn> => {
      const signedIn = await account();
      await database.client
        .insert(roomModerators)
        .values({ performerId: performer.user.id, userId: signedIn.user.id });
      return signedIn;
    },

    /** What the link of a mail holds; straight in the table. The mail went to `email`, or to the account's own. */
    mailedToken: async (
      { user }: Pick<SignedIn, 'user'>,
      purpose: AccountTokenRow['purpose'],
      email = user.email,
    ): Promise<string> => {
      // The mail that greets a new account would replace what is made before it is sent.
      await vi.waitFor(() => expect(services.mail.countOpen()).toBe(0), { interval: 2, timeout: 5000 });
      const { token, tokenHash } = createMailedToken();
      const createdAt = clock.now().toISOString();
      const expiresAt = new Date(clock.now().getTime() + HOUR_MS).toISOString();
      const row = accountTokenRow({ userId: user.id, purpose, email, tokenHash, createdAt, expiresAt });
      await database.client
        .insert(accountTokens)
        .values(row)
        .onConflictDoUpdate({ target: [accountTokens.userId, accountTokens.purpose], set: row });
      return token;
    },

    /** The session that the tokens are of. */
    sessionIdOf: ({ accessToken }: Pick<SignedIn, 'accessToken'>): string =>
      String(decodeJwt(accessToken).sid),

    /** Signs in again, in a session of its own. */
    login: ({ user }: SignedIn, code?: string): Promise<SignedIn> =>
      services.auth.login({ email: user.email, password: PASSWORD, code }, client),

    /** What was made is gone, and its tokens with it. */
    deleted: async (signedIn: SignedIn): Promise<void> => {
      const identity = await services.auth.authenticateAfresh(signedIn.accessToken);
      await services.users.delete(identity, signedIn.user.id);
    },

    /** Live, public and by `by`. */
    stream,
    /** Public, and an hour from now. */
    scheduledStream: (by: SignedIn, given: Partial<CreateStreamInput> = {}) => {
      const scheduledStartAt = new Date(clock.now().getTime() + HOUR_MS).toISOString();
      return stream(by, { scheduledStartAt, ...given });
    },
    endedStream: async (by: SignedIn, given: Partial<CreateStreamInput> = {}): Promise<Stream> => {
      const { id } = await stream(by, given);
      return services.streams.end(await services.auth.authenticateAfresh(by.accessToken), id);
    },

    /** A message of `by`, straight in the tables. */
    storedMessage: async (
      { id: streamId }: Pick<Stream, 'id'>,
      { user }: SignedIn,
      given: Partial<MessageRow> = {},
    ): Promise<MessageRow> => {
      const [appended] = await database.client.execute<{ seq: number }>(
        sql`select append_stream_event(${streamId}, 'chatMessage', null)::int as seq`,
      );
      const row = messageRow({ streamId, authorId: user.id, seq: appended?.seq ?? 0, ...given });
      await database.client.insert(messages).values(row);
      return row;
    },

    /** Fills a wallet as top-ups of the sandbox do, with the postings that auditors look for. */
    funds: async (
      { user }: Pick<SignedIn, 'user'>,
      amount: number,
      currency = DEFAULT_CURRENCY,
    ): Promise<void> => {
      const topUps = Array.from({ length: Math.ceil(amount / AMOUNT_MAX) }, (_, place) => ({
        id: uuidv7(),
        amount: Math.min(AMOUNT_MAX, amount - place * AMOUNT_MAX),
      }));
      const now = sql`${clock.now().toISOString()}::timestamptz`;
      await database.client.execute(sql`
        with accounts as materialized (
          select ledger_account('clearing', null, null, 'sandbox', ${currency}) as clearing,
            ledger_account('wallet', ${user.id}::uuid, null, null, ${currency}) as wallet
        ), made as (
          insert into payments (id, type, status, payee_id, amount, currency, created_at, completed_at)
          select id, 'top_up', 'completed', ${user.id}::uuid, amount, ${currency}, ${now}, ${now}
          from json_to_recordset(${JSON.stringify(topUps)}::text::json) as given (id uuid, amount integer)
          returning id, amount
        )
        select post_transaction('top_up', made.id, null, array[clearing, wallet],
          array[-made.amount, made.amount]::bigint[], ${now}) from made, accounts`);
    },

    /** A tip of someone's to a performer that the platform keeps nothing of, sent `daysAgo` and so held no more. */
    earned: async ({ user }: Pick<SignedIn, 'user'>, amount: number, daysAgo = 30): Promise<void> => {
      const payer = await account();
      await factories.funds(payer, amount);
      const sentAt = new Date(clock.now().getTime() - daysAgo * 24 * HOUR_MS).toISOString();
      await database.client.execute(sql`
        select send_tip(${uuidv7()}, ${payer.user.id}, null, ${user.id}, ${amount}, null, null, false, false, 'USD', 0,
          null, null, ${sentAt}::timestamptz)`);
    },

    /** What a performer, who had just earned it, asks to be paid out: 100.00. */
    payout: async (by: SignedIn, status: 'requested' | 'approved' = 'requested'): Promise<Payout> => {
      await factories.earned(by, 10_000);
      await factories.secured(by);
      const payout = await services.payouts.request(await identityOf(by), { amount: 10_000 });
      if (status === 'requested') return payout;
      return services.payouts.approve(await identityOf(await withRole('admin', true)), payout.id);
    },

    /** Asked of the provider that is set up. */
    topUp: async (by: SignedIn, amount: number) =>
      services.topUps.open(await services.auth.authenticateAfresh(by.accessToken), { amount }),

    /** A private show for 5.00, an hour from now. */
    show: (by: SignedIn, given: Partial<CreateStreamInput> = {}): Promise<Stream> =>
      factories.scheduledStream(by, { isPrivate: true, price: 500, ...given }),

    /** The ticket of a private show, bought with money that is there for it. */
    ticket: async (by: SignedIn, { id: streamId, price }: Pick<Stream, 'id' | 'price'>): Promise<Payment> => {
      await factories.funds(by, price ?? 0);
      return (await services.tickets.buy(await identityOf(by), { streamId })).payment;
    },

    /** A report of somebody, by somebody else, that nobody has decided. */
    report: async (given: Partial<CreateReportInput> = {}, by?: SignedIn): Promise<FiledReport> => {
      const isOfStream = given.streamId !== undefined;
      const subject = isOfStream ? {} : { userId: (await account()).user.id };
      const input = { reason: 'spam' as const, ...subject, ...given };
      return services.reports.create(await identityOf(by ?? (await account())), input);
    },

    /** A completed tip of 5.00, straight in the table. */
    payment: async (given: Partial<PaymentRow>): Promise<PaymentRow> => {
      const row = paymentRow(given);
      await database.client.insert(payments).values(row);
      return row;
    },
  };
  return factories;
};

export type Factories = ReturnType<typeof createFactories>;
