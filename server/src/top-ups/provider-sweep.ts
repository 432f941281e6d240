import { AppError } from '../platform/app-error.js';
import type { Logger } from '../platform/logger.js';

/** How often it is looked for what is left to be asked of the provider, or to be sent by one without a server. */
const SWEEP_MS = 1000;

/** Runs `sweep` every second, never twice at once; what it cannot do now it finds again. */
export const createSweep = (sweep: () => Promise<void>, logger: Logger) => {
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> | undefined;

  const run = (): void => {
    sweeping ??= sweep()
      .catch((error: unknown) => {
        // What is away comes back; anything else is a fault of ours.
        if (error instanceof AppError) return;
        logger.error('Top-ups could not be looked after', {
          stack: error instanceof Error ? error.stack : String(error),
        });
      })
      .finally(() => {
        sweeping = undefined;
      });
  };

  return {
    start: (): void => {
      timer ??= setInterval(run, SWEEP_MS).unref();
    },
    /** Ends after the sweep that is under way. */
    stop: async (): Promise<void> => {
      clearInterval(timer);
      timer = undefined;
      await sweeping;
    },
  };
};
