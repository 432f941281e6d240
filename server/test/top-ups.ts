import { ledgerAccounts, payments, providerEvents, providerPayments } from '@versbottomlex/database';
import type { SignedIn, TopUpAnswer } from '@versbottomlex/shared';
import { and, eq, sql } from 'drizzle-orm';
import type { TestServices } from './services.js';

/** What a user's wallet holds. */
export const balanceOf = async (
  { database }: Pick<TestServices, 'database'>,
  { user }: Pick<SignedIn, 'user'>,
): Promise<number> => {
  const [account] = await database.client
    .select()
    .from(ledgerAccounts)
    .where(and(eq(ledgerAccounts.ownerId, user.id), eq(ledgerAccounts.kind, 'wallet')));
  return account?.balance ?? 0;
};

/** A user's top-ups as they are stored, the oldest first. */
export const topUpsOf = async (
  { database }: Pick<TestServices, 'database'>,
  { user }: Pick<SignedIn, 'user'>,
) =>
  database.client
    .select({
      id: payments.id,
      status: payments.status,
      reference: providerPayments.reference,
      answered: providerPayments.answeredStatus,
      failureReason: providerPayments.failureReason,
    })
    .from(payments)
    .innerJoin(providerPayments, eq(providerPayments.paymentId, payments.id))
    .where(eq(payments.payeeId, user.id))
    .orderBy(payments.id);

/** What became of the events about a payment, in the order in which they were taken. */
export const eventsOf = async ({ database }: Pick<TestServices, 'database'>, paymentId: string) =>
  (await database.client.select().from(providerEvents).where(eq(providerEvents.paymentId, paymentId))).map(
    ({ type, outcome }) => `${type} ${outcome}`,
  );

/** How often the ledger moved money for a payment. */
export const postingsOf = async ({ database }: Pick<TestServices, 'database'>, paymentId: string) => {
  const [row] = await database.client.execute<{ count: number }>(
    sql`select count(*)::int as count from ledger_transactions where payment_id = ${paymentId}`,
  );
  return row?.count;
};

/** A top-up by `by`, of the service itself. */
export const topUp = async (
  { services }: Pick<TestServices, 'services'>,
  by: SignedIn,
  input: { amount: number; idempotencyKey?: string },
): Promise<TopUpAnswer> =>
  services.topUps.open(await services.auth.authenticateAfresh(by.accessToken), input);
