import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take ten seconds and more, the longest first; most of that they wait. */
const slow = [
  'server/test/faults/startup.test.ts',
  'server/test/authorization.test.ts',
  'server/test/client-subscriptions.test.ts',
  'server/test/contract/authentication.contract.test.ts',
  'server/test/live/feed-outage.test.ts',
  'server/src/platform/embedded-postgres/embedded-postgres.test.ts',
  'server/test/live/socket-slow-reader.test.ts',
  'server/test/money/server-kills.test.ts',
  'server/test/live/hostile-frames.test.ts',
  'server/test/faults/hash-flood.test.ts',
  'server/src/platform/database-loss.test.ts',
  'scripts/ledger-audit.test.ts',
  'server/test/faults/shutdown.test.ts',
  'server/test/live/hostile-churn.test.ts',
  'server/test/contract/malformed-requests.contract.test.ts',
];

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = slow.findIndex((file) => moduleId.endsWith(file));
  return rank === -1 ? slow.length : rank;
};

/**
 * Begins with what takes longest, so that no core is idle at the end. Vitest does the same from the second run on, once
 * it has measured; a clean clone, as in CI, has no measurements.
 */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((one, other) => rankOf(one) - rankOf(other));
  }
}
