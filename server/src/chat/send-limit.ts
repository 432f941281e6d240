import type { LimitsService } from '../limits/limits.service.js';
import { AppError } from '../platform/app-error.js';

const WINDOW_SECONDS = 30;

type Deps = {
  limits: Pick<LimitsService, 'createCounter'>;
  viewerMax: number;
  moderatorMax: number;
};

/** Counts a user's messages over all rooms in windows of 30 s, retries too; moderators may send more. */
export const createSendLimit = ({ limits, viewerMax, moderatorMax }: Deps) => {
  const most = Math.max(viewerMax, moderatorMax);
  const counter = limits.createCounter('chat', most, WINDOW_SECONDS);

  const tooMany = (resetsInMs: number) =>
    new AppError('RATE_LIMITED', {
      detail: 'You are writing too fast.',
      retryAfterMs: Math.max(1, Math.ceil(resetsInMs)),
    });

  return {
    /**
     * Counts one message. `isViewer` is asked only beyond what everybody may send, so that it costs nothing before.
     * Throws RATE_LIMITED with the time until the window ends.
     */
    require: async (userId: string, isViewer: () => Promise<boolean>): Promise<void> => {
      const { used, max, resetsInMs } = await counter.add(userId);
      if (used > max) throw tooMany(resetsInMs);
      // The limit is lower while it cannot be shared, and that of viewers with it.
      const isBeyondViewers = used > Math.ceil((viewerMax * max) / most);
      if (isBeyondViewers && (await isViewer())) throw tooMany(resetsInMs);
    },
  };
};
