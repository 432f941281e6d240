import {
  ClearTipGoalInput,
  Done,
  GetTipGoalInput,
  Leaderboard,
  LeaderboardInput,
  PaidAnswer,
  SendTipInput,
  SetTipGoalInput,
  TipGoalAnswer,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { paymentProcedure, publicProcedure, signedInProcedure } from '../trpc/procedures.js';

const tags = ['payments'];

export const tipsRouter = router({
  tip: paymentProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/payments/tip',
        tags,
        summary: 'Tip a performer',
        description:
          'To a live stream, whose room hears of it, or to a performer; the money has moved when this answers. The same request again under the same key gets the same answer, and nothing is charged twice. Of an anonymous tip nobody but an admin learns who paid. What is written with a tip to a stream has to keep to the rules of its chat.',
      },
      successStatus: 201,
      limit: 'tip',
      errors: [
        'INSUFFICIENT_FUNDS',
        'ACCESS_REQUIRED',
        'BANNED',
        'TIMED_OUT',
        'LINKS_NOT_ALLOWED',
        'TERM_BLOCKED',
        'SPENDING_LIMIT_REACHED',
        'NOT_FOUND',
        'STREAM_NOT_LIVE',
        'SELF_PAYMENT',
        'IDEMPOTENCY_KEY_REUSED',
        'VALIDATION_FAILED',
      ],
    })
    .input(SendTipInput)
    .output(PaidAnswer)
    .mutation(({ ctx, input }) => ctx.services.tips.send(ctx.identity, input)),

  getGoal: publicProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/streams/{streamId}/tip-goal',
        tags,
        summary: "Get a stream's tip goal",
        description: 'What its tips are collected for, and how much it is by now; null for nothing.',
      },
      errors: ['ACCESS_REQUIRED', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(GetTipGoalInput)
    .output(TipGoalAnswer)
    .query(({ ctx, input }) => ctx.services.tips.getGoal(ctx.identity, input.streamId)),

  setGoal: signedInProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/streams/{streamId}/tip-goal',
        tags,
        summary: "Set a stream's tip goal",
        description: 'In the place of the goal before; it counts from 0. For the performer and admins.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'STREAM_ENDED', 'VALIDATION_FAILED'],
    })
    .input(SetTipGoalInput)
    .output(TipGoalAnswer)
    .mutation(({ ctx, input }) => ctx.services.tips.setGoal(ctx.identity, input)),

  clearGoal: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/streams/{streamId}/tip-goal',
        tags,
        summary: "Clear a stream's tip goal",
        description: 'Where there is none, nothing changes. For the performer and admins.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'STREAM_ENDED', 'VALIDATION_FAILED'],
    })
    .input(ClearTipGoalInput)
    .output(Done)
    .mutation(({ ctx, input }) => ctx.services.tips.clearGoal(ctx.identity, input.streamId)),

  leaderboard: publicProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/streams/{streamId}/leaderboard',
        tags,
        summary: "List a stream's most generous tippers",
        description: 'By the sum of what they tipped under their own name, less what was given back.',
      },
      errors: ['ACCESS_REQUIRED', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(LeaderboardInput)
    .output(Leaderboard)
    .query(({ ctx, input }) => ctx.services.tips.leaderboard(ctx.identity, input)),
});
