import { StartupError } from '../server/src/platform/startup-error.js';
import { run, say } from './run.js';
import { withServerParts } from './with-server-parts.js';

/** EX_TEMPFAIL of sysexits.h. */
const BUSY_EXIT_CODE = 75;

/** Proves the books of the configured database, stores what it found, and ends with 1 when something is wrong. */
run(() =>
  withServerParts(async ({ services }) => {
    const found = await services.ledger.audit();
    if (!found)
      throw new StartupError('Another audit is under way; try again when it is done.', BUSY_EXIT_CODE);
    const seconds = (Date.parse(found.finishedAt) - Date.parse(found.startedAt)) / 1000;
    for (const { invariant, subject, detail } of found.breaks) say(`${invariant}  ${subject}: ${detail}`);
    const hidden = found.breakCount - found.breaks.length;
    if (hidden > 0) say(`… and ${hidden} more`);
    say(
      found.breakCount === 0
        ? `The ledger is sound: ${found.entryCount} entries, audited in ${seconds.toFixed(1)} s.`
        : `The ledger is broken: ${found.breakCount} ${found.breakCount === 1 ? 'break' : 'breaks'} in ${found.entryCount} entries. Payments are halted.`,
    );
    if (found.breakCount > 0) process.exitCode = 1;
  }),
);
