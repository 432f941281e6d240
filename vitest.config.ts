import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { SlowFirst } from './server/test/slow-first.js';

/** Tests read the workspaces' sources; only servers in processes of their own are built (server/test/global-setup.ts). */
const conditions = ['source'];

/** `--mode full` runs the full counts; a test asks for its own with `scaled` of server/test/scale.ts. */
export default defineConfig(({ mode }) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  // The global set-up runs in an environment of its own.
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    include: ['{server,shared,drizzle,scripts}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['server/test/global-setup.ts'],
    // One more than cores, as some of the tests wait for most of their time.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: SlowFirst },
    // Files share a worker's modules, which takes a third off the time; each has a database and services of its own.
    isolate: false,
    provide: { isFull: mode === 'full' },
    // Far from what the slowest take, as a test that starts servers takes thrice as long where others use the machine.
    testTimeout: mode === 'full' ? 600_000 : 60_000,
    hookTimeout: 60_000,
    server: { deps: { inline: [/^@versbottomlex\//] } },
  },
}));
