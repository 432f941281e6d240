import { accountActsRouter } from './administration/account-acts.router.js';
import { administrationRouter } from './administration/administration.router.js';
import { authRouter } from './auth/auth.router.js';
import { chatRouter } from './chat/chat.router.js';
import { followsRouter } from './follows/follows.router.js';
import { moderationRouter } from './moderation/moderation.router.js';
import { moderatorsRouter } from './moderation/moderators.router.js';
import { passkeysRouter } from './passkeys/passkeys.router.js';
import { paymentsRouter } from './payments/payments.router.js';
import { earningsRouter } from './payouts/earnings.router.js';
import { payoutsRouter } from './payouts/payouts.router.js';
import { presenceRouter } from './presence/presence.router.js';
import { recoveryRouter } from './recovery/recovery.router.js';
import { refundsRouter } from './refunds/refunds.router.js';
import { reportsRouter } from './reports/reports.router.js';
import { secondFactorRouter } from './second-factor/second-factor.router.js';
import { sessionsRouter } from './sessions/sessions.router.js';
import { streamsRouter } from './streams/streams.router.js';
import { ticketsRouter } from './tickets/tickets.router.js';
import { tipsRouter } from './tips/tips.router.js';
import { topUpsRouter } from './top-ups/top-ups.router.js';
import { mergeRouters, router } from './trpc/init.js';
import { usersRouter } from './users/users.router.js';
import { walletRouter } from './wallet/wallet.router.js';

/** The whole API: one router a feature. */
export const appRouter = router({
  auth: mergeRouters(authRouter, passkeysRouter, recoveryRouter, secondFactorRouter, sessionsRouter),
  users: mergeRouters(usersRouter, followsRouter, accountActsRouter),
  streams: streamsRouter,
  chat: chatRouter,
  payments: mergeRouters(
    paymentsRouter,
    tipsRouter,
    ticketsRouter,
    refundsRouter,
    topUpsRouter,
    walletRouter,
    payoutsRouter,
    earningsRouter,
  ),
  moderation: mergeRouters(moderationRouter, moderatorsRouter),
  presence: presenceRouter,
  reports: reportsRouter,
  administration: administrationRouter,
});

export type AppRouter = typeof appRouter;
