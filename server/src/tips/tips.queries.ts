import { toIsoTimestamp } from '@versbottomlex/database';
import type { ErrorCode, Tip, TipGoal } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { type Database, onlyRow, preparedRows } from '../platform/database.js';
import type { LogEntry } from '../platform/event-bus.js';

const $ = sql.placeholder;

/** A tip on its way, as the function `send_tip` reads it. */
export type NewTip = {
  id: string;
  payerId: string;
  streamId: string | null;
  performerId: string | null;
  amount: number;
  message: string | null;
  /** What blocked terms are looked for in. */
  folded: string | null;
  hasLink: boolean;
  isAnonymous: boolean;
  currency: string;
  feeBasisPoints: number;
  idempotencyKey: string | null;
  requestHash: string | null;
  now: string;
};

/** What became of a tip: sent just now, found as sent before under its key, or refused; `balance` is the wallet's. */
export type TipOutcome =
  | {
      outcome: 'completed' | 'replayed';
      paymentId: string;
      payeeId: string;
      fee: number;
      paidAt: string;
      balance: number;
    }
  | { outcome: ErrorCode; balance: number; retryAfterMs: number | undefined };

type SendValues = [
  outcome: string,
  paymentId: string | null,
  payeeId: string | null,
  fee: number | null,
  paidTime: string | null,
  balance: string | null,
  retryAfterMs: number | null,
];

const toOutcome = (values: SendValues): TipOutcome => {
  const [outcome, paymentId, payeeId, fee, paidTime, held, retryAfterMs] = values;
  const balance = Number(held ?? 0);
  if (outcome !== 'completed' && outcome !== 'replayed') {
    return { outcome: outcome as ErrorCode, balance, retryAfterMs: retryAfterMs ?? undefined };
  }
  if (paymentId === null || payeeId === null || fee === null || paidTime === null) {
    throw new Error('send_tip told of no payment');
  }
  return { outcome, paymentId, payeeId, fee, paidAt: toIsoTimestamp(paidTime), balance };
};

const sendTipStatement = preparedRows(
  'tips_send',
  sql`select outcome, payment_id, payee, fee, paid_time, balance, retry_after_ms
    from send_tip(${$('id')}::uuid, ${$('payerId')}::uuid, ${$('streamId')}::uuid, ${$('performerId')}::uuid,
      ${$('amount')}::int, ${$('message')}::text, ${$('folded')}::text, ${$('hasLink')}::boolean,
      ${$('isAnonymous')}::boolean, ${$('currency')}::char(3), ${$('feeBasisPoints')}::int,
      ${$('idempotencyKey')}::text, ${$('requestHash')}::text, ${$('now')}::timestamptz)`,
  toOutcome,
);

/** Moves the money of a tip once a key, or tells why it did not move. */
export const sendTip = (database: Database, tip: NewTip): Promise<TipOutcome> =>
  onlyRow(sendTipStatement(database, tip));

type LogValues = [seq: string, type: 'tipReceived' | 'tipGoalChanged', told: Tip | TipGoal];

const logTipsStatement = preparedRows(
  'tips_log',
  sql`select event_seq, event_type, told
    from log_tips(${$('streamId')}::uuid, ${$('tipsMax')}::int, ${$('now')}::timestamptz)`,
  ([seq, type, told]: LogValues): LogEntry => ({
    seq: Number(seq),
    event: type === 'tipReceived' ? { type, tip: told as Tip } : { type, goal: told as TipGoal },
  }),
);

/** Moves at most `tipsMax` tips of a stream into its log, and answers with the events that it then holds. */
export const logTips = (
  database: Database,
  of: { streamId: string; tipsMax: number; now: string },
): Promise<LogEntry[]> => logTipsStatement(database, of);

const listWaitingStatement = preparedRows(
  'tips_list_waiting',
  sql`select distinct stream_id from tip_outbox`,
  ([streamId]: [string]) => streamId,
);

/** The streams that have tips which are not in their log yet. */
export const listWaiting = (database: Database): Promise<string[]> => listWaitingStatement(database);
