import { toIsoTimestamp } from '@versbottomlex/database';
import type { ErrorCode } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { type Database, onlyRow, preparedRows } from '../platform/database.js';

const $ = sql.placeholder;

/** A ticket to be, as the function `buy_ticket` reads it. */
export type NewTicket = {
  id: string;
  payerId: string;
  streamId: string;
  /** What the buyer was shown; null for any price. */
  expectedPrice: number | null;
  /** Of the wallet that is locked when there is no such stream. */
  currency: string;
  feeBasisPoints: number;
  idempotencyKey: string | null;
  requestHash: string | null;
  now: string;
};

/** What became of it: sold just now, found as sold before under its key, or refused; `balance` is the wallet's. */
export type TicketOutcome =
  | {
      outcome: 'completed' | 'replayed';
      paymentId: string;
      streamId: string;
      performerId: string;
      price: number;
      fee: number;
      currency: string;
      paidAt: string;
      balance: number;
    }
  | { outcome: ErrorCode; price: number; currency: string; balance: number };

type BuyValues = [
  outcome: string,
  paymentId: string | null,
  streamId: string | null,
  performerId: string | null,
  price: number | null,
  fee: number | null,
  currency: string,
  paidTime: string | null,
  balance: string | null,
];

const toOutcome = (values: BuyValues): TicketOutcome => {
  const [outcome, paymentId, streamId, performerId, price, fee, currency, paidTime, held] = values;
  const balance = Number(held ?? 0);
  if (outcome !== 'completed' && outcome !== 'replayed') {
    return { outcome: outcome as ErrorCode, price: price ?? 0, currency, balance };
  }
  if (
    paymentId === null ||
    streamId === null ||
    performerId === null ||
    price === null ||
    fee === null ||
    paidTime === null
  ) {
    throw new Error('buy_ticket told of no payment');
  }
  const paidAt = toIsoTimestamp(paidTime);
  return { outcome, paymentId, streamId, performerId, price, fee, currency, paidAt, balance };
};

const buyTicketStatement = preparedRows(
  'tickets_buy',
  sql`select outcome, ticket_id, show_id, performer, price, ticket_fee, paid_currency, paid_time, balance
    from buy_ticket(${$('id')}::uuid, ${$('payerId')}::uuid, ${$('streamId')}::uuid, ${$('currency')}::char(3),
      ${$('feeBasisPoints')}::int, ${$('idempotencyKey')}::text, ${$('requestHash')}::text,
      ${$('now')}::timestamptz, ${$('expectedPrice')}::int)`,
  toOutcome,
);

/** Moves the price of a ticket to the account of its show, once a viewer and once a key, or tells why not. */
export const buyTicket = (database: Database, ticket: NewTicket): Promise<TicketOutcome> =>
  onlyRow(buyTicketStatement(database, ticket));
