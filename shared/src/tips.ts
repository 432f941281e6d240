import * as z from 'zod';
import { Id } from './ids.js';
import { Amount, Balance, Currency, IdempotencyKey, PaymentAmount } from './money.js';
import { chatLine, title } from './text.js';
import { Timestamp } from './timestamps.js';
import { UserSummary } from './users.js';

/** To a live stream, whose room hears of it, or to a performer. */
export const SendTipInput = z
  .strictObject({
    streamId: Id.optional().meta({ description: 'A live stream; either this or `performerId`.' }),
    performerId: Id.optional().meta({ description: 'A performer, live or not, outside any stream.' }),
    amount: PaymentAmount,
    message: chatLine(1, 200).optional().meta({ example: 'Bravo!' }),
    isAnonymous: z.boolean().default(false),
    idempotencyKey: IdempotencyKey.optional(),
  })
  .refine((input) => (input.streamId === undefined) !== (input.performerId === undefined), {
    error: 'either streamId or performerId is needed, not both',
    path: ['streamId'],
  })
  .meta({ examples: [{ streamId: '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11', amount: 500, message: 'Bravo!' }] });
export type SendTipInput = z.infer<typeof SendTipInput>;

/** A tip as the room sees it. */
export const Tip = z.object({
  paymentId: Id,
  from: UserSummary.nullable().meta({ description: 'Null for an anonymous tip.' }),
  amount: z.int(),
  currency: Currency,
  message: z.string().nullable(),
  createdAt: Timestamp,
});
export type Tip = z.infer<typeof Tip>;

/** What the tips of a stream are collected for. It counts the tips since it was set, anonymous ones too. */
export const TipGoal = z
  .object({
    id: Id,
    title: z.string().meta({ example: 'A new microphone' }),
    targetAmount: z.int().meta({ example: 20_000 }),
    raisedAmount: Balance,
    createdAt: Timestamp,
    reachedAt: Timestamp.nullable().meta({ example: null }),
  })
  .meta({ id: 'TipGoal' });
export type TipGoal = z.infer<typeof TipGoal>;

export const TipGoalAnswer = z.object({ goal: TipGoal.nullable() }).meta({ id: 'TipGoalAnswer' });
export type TipGoalAnswer = z.infer<typeof TipGoalAnswer>;

export const GetTipGoalInput = z.strictObject({ streamId: Id });

/** Takes the place of the goal before. */
export const SetTipGoalInput = z.strictObject({
  streamId: Id,
  title: title(1, 100).meta({ example: 'A new microphone' }),
  targetAmount: Amount.meta({ example: 20_000 }),
});
export type SetTipGoalInput = z.infer<typeof SetTipGoalInput>;

export const ClearTipGoalInput = z.strictObject({ streamId: Id });

/** Who tipped the most in a stream under their own name; `rank` is shared by equals. */
export const Leaderboard = z
  .object({
    currency: Currency,
    items: z.array(
      z.object({
        rank: z.int().meta({ example: 1 }),
        user: UserSummary,
        amount: Balance,
        tipCount: z.int().meta({ example: 3 }),
      }),
    ),
  })
  .meta({ id: 'Leaderboard' });
export type Leaderboard = z.infer<typeof Leaderboard>;

export const LeaderboardInput = z.strictObject({
  streamId: Id,
  limit: z.int().min(1).max(100).default(10),
});
export type LeaderboardInput = z.infer<typeof LeaderboardInput>;
