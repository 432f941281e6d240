/** How often it is looked for what is left to be asked of the provider, or to be sent by one without a server. */
const SWEEP_MS = 1000;

/** Runs `sweep` every second, never twice at once; what it cannot do now it finds again. */
export const createSweep = (sweep: () => Promise<void>) => {
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> | undefined;

  const run = (): void => {
    sweeping ??= sweep()
      .catch(() => {})
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
