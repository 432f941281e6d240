import { authRouter } from './auth/auth.router.js';
import { router } from './trpc/init.js';

/** The whole API: one router a feature. */
export const appRouter = router({
  auth: authRouter,
});

export type AppRouter = typeof appRouter;
