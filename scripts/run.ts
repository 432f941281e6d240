import { StartupError } from '../server/src/platform/startup-error.js';

export const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Ends the script with a sentence and an exit code instead of a stack, where the failure is one a person can mend. */
export const run = (script: () => Promise<void>): void => {
  script().catch((error: unknown) => {
    const isExpected = error instanceof StartupError;
    process.stderr.write(
      `${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(isExpected ? error.exitCode : 1);
  });
};
