import { spawnSync } from 'node:child_process';
import { projectDirectory } from '../server/src/config.js';

// Biome colours what it says to CI, which keeps it as text.
const colors = process.stdout.isTTY ? 'force' : 'off';

/** What CI checks besides the tests. Every step runs, so that one round shows all that is wrong. */
const steps = [
  ['Format, lint and import rules', `biome ci --colors=${colors} .`],
  ['Types of the workspaces', 'tsc -b'],
  ['Types of tests and scripts', 'tsc -p scripts/tsconfig.json'],
  ['Generated files', 'npm run --silent openapi -- --check'],
] as const;

const say = (line: string) => process.stdout.write(`${line}\n`);

const failed = steps.filter(([title, command]) => {
  say(`\n== ${title}: ${command}`);
  return spawnSync(command, { cwd: projectDirectory, shell: true, stdio: 'inherit' }).status !== 0;
});

if (failed.length > 0) {
  say(`\nFailed: ${failed.map(([title]) => title).join('; ')}. npm run format mends formatting and imports.`);
  process.exitCode = 1;
} else {
  say('\nAll checks passed.');
}
