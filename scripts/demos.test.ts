import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectDirectory } from '../server/src/config.js';
import { createTestApp, type TestApp } from '../server/test/harness.js';

let test: TestApp;
let url: string;

beforeAll(async () => {
  test = await createTestApp();
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => test.close());

/** Runs a script as npm does, against the listening application. */
const run = async (command: string, args: string[], environment: Record<string, string>) => {
  const child: ChildProcess = spawn(command, args, {
    cwd: projectDirectory,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [code, output, errors] = await Promise.all([
    ended,
    child.stdout && text(child.stdout),
    child.stderr && text(child.stderr),
  ]);
  return { code, output: output ?? '', errors: errors ?? '' };
};

const demo = (environment: Record<string, string>) =>
  run(process.execPath, ['--import', 'tsx', '--conditions=source', 'scripts/demo.ts'], environment);

const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** What one of the demo's people saw in the lines of a step: the ids of the events, and what they told. */
const seenBy = (name: string, output: string): string[][] =>
  output.split('\n').flatMap((line) => {
    const [, id, text] = new RegExp(`^ {2}${name} +sees (\\d+:\\d+) {2}(.*)$`).exec(line) ?? [];
    return id === undefined || text === undefined ? [] : [[id, text]];
  });

/** The lines of the steps of the demo, by a part of their title. */
const linesOf = (output: string, title: string): string =>
  output.split('\n\n').find((step) => step.split('\n')[0]?.includes(title)) ?? '';

it('shows a stream from its start to its end, with the typed client, as often as it is run', async () => {
  const first = await demo({ PUBLIC_URL: url });
  expect(first).toMatchObject({ code: 0, errors: '' });
  expect(first.output).toMatch(/demo_performer +registered/);
  expect(first.output).toMatch(/demo_viewer +may not end it: FORBIDDEN/);
  expect(first.output).toMatch(/demo_performer +ends it: ended at \d{4}-/);

  const second = await demo({ PUBLIC_URL: '', PORT: new URL(url).port });
  expect(second).toMatchObject({ code: 0, errors: '' });
  expect(second.output).toMatch(/demo_performer +signed in/);
}, 60_000);

it('shows that a viewer whose connection was cut misses nothing', async () => {
  const { output, code } = await demo({ PUBLIC_URL: url });
  expect(code).toBe(0);
  const away = linesOf(output, 'is cut');
  expect(seenBy('demo_friend', away)).toEqual([]);
  const missed = seenBy('demo_viewer', away);
  expect(missed.map(([, text]) => text)).toEqual([
    'demo_performer: This one is new.',
    'demo_performer: I wrote it last night.',
    'demo_viewer: Where has demo_friend gone?',
  ]);
  const back = seenBy('demo_friend', linesOf(output, 'works again'));
  expect(back.slice(0, -1)).toEqual(missed);
  expect(back.at(-1)).toEqual(seenBy('demo_viewer', linesOf(output, 'works again')).at(-1));
  expect(output).toContain('Nothing was missed');
}, 60_000);

it('says in one sentence that no server answers', async () => {
  const { code, errors } = await demo({ PUBLIC_URL: 'http://127.0.0.1:1' });
  expect([code, errors]).toEqual([
    1,
    'No server answers on http://127.0.0.1:1; run npm start in another terminal.\n',
  ]);
});

it.runIf(hasCurl)('goes the way of a new user with curl alone', async () => {
  const { code, output, errors } = await run('bash', ['scripts/demo-curl.sh'], { API_URL: url });
  expect([code, output]).toEqual([0, 'Done.\n']);
  const calls = errors.split('\n').filter((line) => / -> \d{3}$/.test(line));
  expect(calls.map((line) => line.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '{id}'))).toEqual([
    'POST /auth/register -> 201',
    'POST /auth/login -> 200',
    'POST /streams -> 201',
    'GET /streams/{id} -> 200',
    'POST /auth/register -> 201',
    'POST /payments/top-up -> 201',
    'POST /payments/tip -> 201',
    'POST /payments/tip -> 201',
    'GET /payments/wallet -> 200',
    'GET /payments/history -> 200',
    'GET /payments/earnings -> 200',
    'DELETE /streams/{id} -> 200',
  ]);
});

it.runIf(hasCurl)('ends with curl’s failure when no server answers', async () => {
  const { code, output } = await run('bash', ['scripts/demo-curl.sh'], { API_URL: 'http://127.0.0.1:1' });
  expect([code === 0, output]).toEqual([false, '']);
});
