import type {
  Done,
  Leaderboard,
  LeaderboardInput,
  PaidAnswer,
  Payment,
  SendTipInput,
  SetTipGoalInput,
  TipGoalAnswer,
} from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import type { Identity } from '../auth/identity.js';
import { onlyPerformer } from '../auth/room-refusals.js';
import type { LedgerService } from '../ledger/ledger.service.js';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import { foldText } from '../platform/fold-text.js';
import { idempotencyOf } from '../platform/idempotency.js';
import { hasLink } from '../platform/links.js';
import type { Logger } from '../platform/logger.js';
import type { StreamsService } from '../streams/streams.service.js';
import { createTipDrain } from './tip-drain.js';
import * as goals from './tip-goals.queries.js';
import { refusedTip } from './tip-refusal.js';
import * as queries from './tips.queries.js';

type Deps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  streams: Pick<StreamsService, 'get' | 'refuseAccess'>;
  ledger: Pick<LedgerService, 'noteMoved'>;
  currency: string;
  feeBasisPoints: number;
};

const goalErrors: Partial<Record<goals.GoalChange['outcome'], () => AppError>> = {
  NOT_FOUND: () => new AppError('NOT_FOUND', { detail: 'There is no such stream.' }),
  FORBIDDEN: onlyPerformer,
  STREAM_ENDED: () =>
    new AppError('STREAM_ENDED', { detail: 'The stream has ended, and nothing is collected any more.' }),
};

/** Tips, what they are collected for, and who gave the most. */
export const createTipsService = (deps: Deps) => {
  const { database, bus, clock, streams, ledger, currency, feeBasisPoints } = deps;
  const drain = createTipDrain(deps);

  /** Changes the goal, and tells the room of it. Throws NOT_FOUND, FORBIDDEN, STREAM_ENDED. */
  const changeGoal = async (
    identity: Identity,
    streamId: string,
    given: { title: string; targetAmount: number } | { title: null; targetAmount: null },
  ): Promise<TipGoalAnswer> => {
    const now = clock.now().toISOString();
    const of = { streamId, actorId: identity.userId, id: uuidv7(), now, ...given };
    // A statement whose answer was lost may have been carried out: whoever follows the stream reads its log.
    const { outcome, seq, goal } = await goals.setGoal(database, of).catch((error: unknown) => {
      bus.publish({ type: 'streamLogged', streamId, entries: [] });
      throw error;
    });
    const error = goalErrors[outcome]?.();
    if (error) throw error;
    if (seq !== null) {
      const entries = [{ seq, event: { type: 'tipGoalChanged' as const, goal } }];
      bus.publish({ type: 'streamLogged', streamId, entries });
    }
    return { goal };
  };

  return {
    /**
     * Moves the money of a tip to its performer, less the fee, and announces it in the room; the same request under the
     * same key gets the answer of the first time, and moves nothing. Throws NOT_FOUND, SELF_PAYMENT, STREAM_NOT_LIVE,
     * ACCESS_REQUIRED, BANNED, INSUFFICIENT_FUNDS, SPENDING_LIMIT_REACHED, IDEMPOTENCY_KEY_REUSED, and what a message of
     * chat can be refused with.
     */
    send: async (identity: Identity, input: SendTipInput): Promise<PaidAnswer> => {
      const { streamId = null, performerId = null, amount, message = null, isAnonymous } = input;
      const { userId: payerId } = identity;
      const now = clock.now();
      const sent = await queries.sendTip(database, {
        id: uuidv7(),
        payerId,
        streamId,
        performerId,
        amount,
        message,
        folded: message === null ? null : foldText(message),
        hasLink: message !== null && hasLink(message),
        isAnonymous,
        currency,
        feeBasisPoints,
        ...idempotencyOf(input),
        now: now.toISOString(),
      });
      if (!('paymentId' in sent)) {
        const { outcome, balance, retryAfterMs } = sent;
        if (outcome === 'ACCESS_REQUIRED' && streamId !== null)
          return streams.refuseAccess(identity, streamId);
        throw refusedTip(outcome, { input, currency, balance, retryAfterMs, now });
      }
      const { paymentId, payeeId, fee, paidAt, balance } = sent;
      // Again for a request that was made before: the answer of the first time may have been lost, and this with it.
      ledger.noteMoved(payerId, payeeId);
      if (streamId !== null) drain.soon(streamId);
      const payment: Payment = {
        id: paymentId,
        type: 'tip',
        status: 'completed',
        payerId,
        payeeId,
        streamId,
        amount,
        currency,
        fee: identity.role === 'admin' ? fee : null,
        message,
        isAnonymous,
        refundsId: null,
        createdAt: paidAt,
        completedAt: paidAt,
      };
      return { payment, balance };
    },

    /** For whoever may watch the stream. Throws NOT_FOUND, ACCESS_REQUIRED. */
    getGoal: async (identity: Identity | null, streamId: string): Promise<TipGoalAnswer> => {
      const [goal] = await Promise.all([goals.findGoal(database, streamId), streams.get(identity, streamId)]);
      return { goal };
    },

    /** In the place of the goal before. Throws NOT_FOUND, FORBIDDEN, STREAM_ENDED. */
    setGoal: (
      identity: Identity,
      { streamId, title, targetAmount }: SetTipGoalInput,
    ): Promise<TipGoalAnswer> => changeGoal(identity, streamId, { title, targetAmount }),

    /** Without a goal nothing changes. Throws NOT_FOUND, FORBIDDEN, STREAM_ENDED. */
    clearGoal: async (identity: Identity, streamId: string): Promise<Done> => {
      await changeGoal(identity, streamId, { title: null, targetAmount: null });
      return { isDone: true };
    },

    /** For whoever may watch the stream; nobody is in it by an anonymous tip. Throws NOT_FOUND, ACCESS_REQUIRED. */
    leaderboard: async (
      identity: Identity | null,
      { streamId, limit }: LeaderboardInput,
    ): Promise<Leaderboard> => {
      const [items] = await Promise.all([
        goals.listTippers(database, { streamId, limit }),
        streams.get(identity, streamId),
      ]);
      return { currency, items };
    },

    start: drain.start,
    stop: drain.stop,
  };
};

export type TipsService = ReturnType<typeof createTipsService>;
