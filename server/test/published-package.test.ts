import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectDirectory } from '../src/config.js';

/** An empty project of a frontend, strict in every way, with the package as npm would publish it. */
const run = promisify(execFile);
const tsc = join(projectDirectory, 'node_modules/typescript/bin/tsc');
const serverDependencies = [
  'drizzle-orm',
  'postgres',
  'fastify',
  '@fastify',
  'argon2',
  'jose',
  'trpc-openapi',
];

const program = `
import { createClient } from '@versbottomlex/shared/client';
import { type AppRouter, errorCodes, type Stream } from '@versbottomlex/shared';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';

const closing = new AbortController();
const api = createClient({ url: 'http://localhost:3000', WebSocket, signal: closing.signal });
const page = await api.streams.list.query({ sort: 'viewers', limit: 5 });
const titles: string[] = page.items.map((stream: Stream) => stream.title);
const created: Stream = await api.streams.create.mutate({ title: titles[0] ?? 'first' });
const status: 'scheduled' | 'live' | 'ended' = created.status;
const { user, accessToken } = await api.auth.login.mutate({ username: 'ava', password: 'x' });
type Input = inferRouterInputs<AppRouter>['users']['update'];
type Output = inferRouterOutputs<AppRouter>['auth']['me'];
const input: Input = { id: user.id, bio: accessToken };
const output: Output = user;
api.streams.onEvent.subscribe(
  { streamId: created.id, kinds: ['chat'] },
  {
    onData: ({ id, data }) => {
      const place: string = id;
      if (data.type === 'chatMessage') console.log(place, data.message.author.username);
    },
    onError: ({ data }) => console.log(data?.appCode === 'SESSION_REVOKED'),
  },
);
console.log(status, input, output, errorCodes.EMAIL_TAKEN.status);
`;

/** Each line is in a file of its own, so that one compilation tells of all of them. */
const mistakes = [
  ['an unknown procedure', 'await api.streams.destroy.mutate({});'],
  ['an unknown field', "await api.streams.create.mutate({ title: 'abc', colour: 'red' });"],
  ['an unknown kind of event', "api.streams.onEvent.subscribe({ streamId: '', kinds: ['weather'] }, {});"],
  ['a wrong type', "await api.streams.list.query({ limit: '5' });"],
  ['a mutation as a query', "await api.streams.create.query({ title: 'abc' });"],
  ['a field that no answer has', 'console.log((await api.auth.me.query()).passwordHash);'],
] as const;
const fileOf = (what: string) => `${what.replaceAll(' ', '-')}.ts`;
const withMistake = (line: string) =>
  `import { createClient } from '@versbottomlex/shared/client';\nconst api = createClient({ url: '' });\n${line}\n`;

let directory: string;
let listed: string[];

/** What the compiler prints: the errors of all files, and the files that it read. */
const compile = async (): Promise<string[]> => {
  // The names of files are told from where it runs.
  const options = { cwd: directory, maxBuffer: 64 * 1024 * 1024 };
  const child = run(process.execPath, [tsc, '-p', directory, '--listFiles'], options);
  const output = await child.then(
    ({ stdout }) => stdout,
    (error: { stdout?: string }) => error.stdout ?? String(error),
  );
  return output.split('\n');
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'versbottomlex-client-'));
  await run(process.execPath, [tsc, '-b', join(projectDirectory, 'shared')]);
  const own = join(directory, 'node_modules/@versbottomlex/shared');
  await mkdir(own, { recursive: true });
  await mkdir(join(directory, 'node_modules/@trpc'));
  const { files } = JSON.parse(await readFile(join(projectDirectory, 'shared/package.json'), 'utf8')) as {
    files: string[];
  };
  for (const name of ['package.json', ...files.filter((file) => !file.startsWith('!'))]) {
    await cp(join(projectDirectory, 'shared', name), join(own, name), { recursive: true });
  }
  for (const name of ['@trpc/client', '@trpc/server', 'zod']) {
    await symlink(join(projectDirectory, 'node_modules', name), join(directory, 'node_modules', name));
  }
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
  await writeFile(
    join(directory, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'ES2023',
        // tRPC's own declarations name Disposable.
        lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
        module: 'NodeNext',
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        preserveSymlinks: true,
        noEmit: true,
        types: [],
      },
      include: ['*.ts'],
    }),
  );
  await writeFile(join(directory, 'index.ts'), program);
  for (const [what, line] of mistakes) await writeFile(join(directory, fileOf(what)), withMistake(line));
  listed = await compile();
}, 60_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the published package, in an empty strict project', () => {
  test('compiles with skipLibCheck off, and needs none of the server’s dependencies', () => {
    const expected = mistakes.map(([what]) => fileOf(what));
    const errors = listed.filter((text) => text.includes('error TS'));
    expect(errors.filter((text) => !expected.some((file) => text.startsWith(`${file}(3,`)))).toEqual([]);
    expect(listed).toContain(join(directory, 'index.ts'));
    expect(listed.join('\n')).toContain('@versbottomlex/shared/dist/app-router.d.ts');
    const dragged = serverDependencies.filter((name) =>
      listed.some((text) => text.includes(`node_modules/${name}/`)),
    );
    expect(dragged).toEqual([]);
  });

  test.each(mistakes)('knows the types: %s is an error', (what) => {
    expect(listed.filter((text) => text.startsWith(`${fileOf(what)}(3,`))).not.toEqual([]);
  });
});
