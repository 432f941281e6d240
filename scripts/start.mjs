// Builds what changed and runs the server in this process, so that signals reach it. Plain JavaScript, because it runs
// before anything is built.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Quick for a person, and nothing for a processor. */
const PARENT_WATCH_MS = 500;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

const fail = (sentence, exitCode) => {
  process.stderr.write(`${sentence}\n`);
  process.exit(exitCode);
};

if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node.js 20.19 or newer is needed; this is ${process.versions.node}.`, 78);
}
if (!existsSync(join(root, 'node_modules/typescript')))
  fail('Dependencies are missing; run npm ci first.', 78);

if (!existsSync(join(root, 'server/dist/main.js'))) process.stderr.write('Building\n');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const build = spawnSync(process.execPath, [tsc, '-b'], { cwd: root, stdio: ['ignore', 2, 2] });
if (build.status !== 0) fail('The build failed; see the lines above.', 70);

// npm runs this below a shell that does not pass SIGTERM on. When that shell is gone, the server should go too.
const shell = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === shell) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, PARENT_WATCH_MS);
watch.unref();

await import('../server/dist/main.js');
