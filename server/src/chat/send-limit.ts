import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../platform/app-error.js';

const WINDOW_SECONDS = 30;

/** Counts a user's messages over all rooms in windows of 30 s, retries too; moderators may send more. */
export const createSendLimit = ({ viewerMax, moderatorMax }: { viewerMax: number; moderatorMax: number }) => {
  const limiter = new RateLimiterMemory({
    points: Math.max(viewerMax, moderatorMax),
    duration: WINDOW_SECONDS,
  });

  const tooMany = ({ msBeforeNext }: RateLimiterRes) =>
    new AppError('RATE_LIMITED', {
      detail: 'You are writing too fast.',
      retryAfterMs: Math.max(1, Math.ceil(msBeforeNext)),
    });

  const count = (userId: string): Promise<RateLimiterRes> =>
    limiter.consume(userId).catch((reason: unknown) => {
      throw reason instanceof RateLimiterRes ? tooMany(reason) : reason;
    });

  return {
    /**
     * Counts one message. `isViewer` is asked only beyond what everybody may send, so that it costs nothing before.
     * Throws RATE_LIMITED with the time until the window ends.
     */
    require: async (userId: string, isViewer: () => Promise<boolean>): Promise<void> => {
      const counted = await count(userId);
      if (counted.consumedPoints > viewerMax && (await isViewer())) throw tooMany(counted);
    },
  };
};
