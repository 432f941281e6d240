import { authRouter } from './auth/auth.router.js';
import { paymentsRouter } from './payments/payments.router.js';
import { streamsRouter } from './streams/streams.router.js';
import { router } from './trpc/init.js';
import { usersRouter } from './users/users.router.js';

/** The whole API: one router a feature. */
export const appRouter = router({
  auth: authRouter,
  users: usersRouter,
  streams: streamsRouter,
  payments: paymentsRouter,
});

export type AppRouter = typeof appRouter;
