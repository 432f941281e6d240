import { logBackgroundFault } from './fault-log.js';
import type { Logger } from './logger.js';

type Deps = {
  /** Finds what there is to do, so that what one run leaves undone the next one does. */
  work: () => Promise<void>;
  intervalMs: number;
  logger: Logger;
  /** What the log says of a run that failed by a fault of ours. */
  fault: string;
};

/** Runs `work` every `intervalMs` while it is started, never twice at once. A run that fails is followed by the next. */
export const createSweep = ({ work, intervalMs, logger, fault }: Deps) => {
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;

  /** The run that is under way, or a new one. Throws what `work` throws. */
  const run = (): Promise<void> => {
    underWay ??= work().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };

  const runByItself = (): void => {
    if (underWay) return;
    run().catch((error: unknown) => logBackgroundFault(logger, fault, error));
  };

  return {
    run,
    start: (): void => {
      timer ??= setInterval(runByItself, intervalMs).unref();
    },
    /** Ends after the run that is under way. */
    stop: async (): Promise<void> => {
      clearInterval(timer);
      timer = undefined;
      await underWay?.catch(() => {});
    },
  };
};
