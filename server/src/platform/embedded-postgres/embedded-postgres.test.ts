import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { folderElsewhere } from './placement.js';
import { identifyProcess } from './process-identity.js';
import { canReach, isRoot, type RunAs, UNPRIVILEGED } from './unprivileged-user.js';

// A slow machine takes seconds for each of several starts.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

type Report = { step?: string; url?: string; message?: string; exitCode?: number };

const canBecomeOrdinary = isRoot() && (await canReach(import.meta.dirname, UNPRIVILEGED));

let root: string;
const started: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'embedded postgres ')));
  await chmod(root, 0o755);
});

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

afterEach(async () => {
  for (const child of children.splice(0).filter(isRunning)) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

/** Where root runs the tests from a folder of mode 700, every new folder of data begins with a copy of the binaries. */
const isCopy = (step: string) => step.startsWith('Copying the PostgreSQL binaries');

const start = async (directory: string, onStep?: (line: string) => void) => {
  const server = await startEmbeddedPostgres({ directory, database: 'app', ...(onStep && { onStep }) });
  started.push(server);
  return server;
};

/** A process of its own that starts the server, reports as JSON lines, and lives until it is killed. */
const startInChild = (directory: string, user?: RunAs) => {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'embedded-postgres.ts')))};
    const report = (what) => process.stdout.write(JSON.stringify(what) + '\\n');
    const onStep = (step) => report({ step });
    try {
      const { url } = await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)}, database: 'app', onStep });
      report({ url });
      setInterval(() => undefined, 60_000);
    } catch (error) {
      report({ message: String(error.message), exitCode: error.exitCode });
    }`;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = spawn(process.execPath, ['--import', tsx, '--input-type=module', '-e', program], {
    ...user,
    cwd: root,
    env: { HOME: root },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (isWanted: (report: Report) => boolean): Promise<Report> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error('The child ended without the report that was waited for.');
      const report = JSON.parse(value) as Report;
      if (isWanted(report)) return report;
    }
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { child, next, kill, outcome: () => next(({ url, message }) => Boolean(url ?? message)) };
};

const query = async (url: string, text: string) => {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end();
  }
};

const postmasterOf = async (base: string) =>
  Number((await readFile(join(base, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);

/** The processes of the system with this working directory, which every PostgreSQL has in its data directory. */
const processesIn = async (directory: string) => {
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter((pid) => pid > 0);
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return pids.filter((_, index) => places[index]?.startsWith(directory));
};

afterAll(async () => {
  const left = await processesIn(root);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  await rm(root, { recursive: true, force: true });
  expect(left).toEqual([]);
});

describe('in a folder with spaces and a path longer than a socket may have', () => {
  let directory: string;
  beforeAll(() => {
    directory = join(root, 'a project of some name', 'with a long path '.repeat(6).trim(), '.data');
  });

  test('creates the database on the first start and keeps its rows for the second', async () => {
    const steps: string[] = [];
    const first = await start(directory, (line) => steps.push(line));
    await query(first.url, "create table notes (body text); insert into notes values ('kept')");
    await first.stop();
    const second = await start(directory, (line) => steps.push(line));
    expect(await query(second.url, 'select body from notes')).toEqual([{ body: 'kept' }]);
    expect(steps.filter((step) => !isCopy(step))).toEqual([
      `Creating the PostgreSQL 18 data directory ${directory}/postgres`,
      'Starting PostgreSQL 18',
      'Created the database app',
      'Starting PostgreSQL 18',
    ]);
  });

  test('is durable, UTF8, in UTC, on loopback only, and closed to whoever lacks the password', async () => {
    const { url } = await start(directory);
    const settings = ['fsync', 'listen_addresses', 'unix_socket_directories', 'server_encoding', 'TimeZone'];
    const [row] = await query(
      url,
      `select ${settings.map((name) => `current_setting('${name}') as "${name}"`).join(', ')}, upper('é') as upper`,
    );
    expect(Object.values(row ?? {})).toEqual(['on', '127.0.0.1', '', 'UTF8', 'UTC', 'É']);
    const wrong = new URL(url);
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(directory, 'postgres', 'superuser.password'))).mode & 0o777).toBe(0o600);
  });

  test('refuses a second start in one sentence while the first runs, and leaves the first unharmed', async () => {
    const { url } = await start(directory);
    await expect(start(directory)).rejects.toMatchObject({
      name: 'StartupError',
      exitCode: 69,
      message: expect.stringContaining(
        `Another server already runs on ${directory} (process ${process.pid})`,
      ),
    });
    expect(await query(url, 'select body from notes')).toHaveLength(1);
  });

  test('stop leaves no process and no lock file, and may be called again', async () => {
    const server = await start(directory);
    const postmaster = await postmasterOf(directory);
    expect(await identifyProcess(postmaster)).not.toBeNull();
    await Promise.all([server.stop(), server.stop()]);
    expect(await identifyProcess(postmaster)).toBeNull();
    expect(await processesIn(directory)).toEqual([]);
    await expect(postmasterOf(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('takes over the database of a killed process with its rows', async () => {
    const killed = startInChild(directory);
    const { url = '' } = await killed.outcome();
    await query(url, "insert into notes values ('from the killed process')");
    const pid = await postmasterOf(directory);
    await killed.kill();
    const steps: string[] = [];
    const next = await start(directory, (line) => steps.push(line));
    expect(steps).toEqual([expect.stringMatching(`left running \\(process ${pid}\\)`)]);
    expect(await postmasterOf(directory)).toBe(pid);
    expect(await query(next.url, 'select body from notes')).toHaveLength(2);
    await next.stop();
    expect(await processesIn(directory)).toEqual([]);
  });

  test('recovers when the process and its database were both killed', async () => {
    const killed = startInChild(directory);
    const { url = '' } = await killed.outcome();
    await query(url, "insert into notes values ('committed')");
    process.kill(await postmasterOf(directory), 'SIGKILL');
    await killed.kill();
    const { url: healed } = await start(directory);
    expect(await query(healed, 'select body from notes')).toHaveLength(3);
  });

  test('heals a lock file whose process is gone, or is another program by now', async () => {
    const lines = [directory, Math.floor(Date.now() / 1000), 1, '', '127.0.0.1', '  1 1', 'ready'];
    for (const pid of [2 ** 22 - 1, process.pid]) {
      await writeFile(join(directory, 'postgres', 'postmaster.pid'), `${[pid, ...lines].join('\n')}\n`);
      const server = await start(directory);
      expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
      await server.stop();
    }
  });

  test('refuses a data directory of another major version and leaves it as it is', async () => {
    const versionFile = join(directory, 'postgres', 'PG_VERSION');
    await writeFile(versionFile, '17\n');
    await expect(start(directory)).rejects.toMatchObject({
      name: 'StartupError',
      exitCode: 73,
      message: expect.stringMatching(/was made by PostgreSQL 17, but this is PostgreSQL 18; /),
    });
    await writeFile(versionFile, '18\n');
    await expect(start(directory)).resolves.toBeDefined();
  });

  test('says in one sentence why PostgreSQL did not start', async () => {
    const options = { directory, database: 'app', settings: { shared_buffers: 'many' } };
    await expect(startEmbeddedPostgres(options)).rejects.toMatchObject({
      name: 'StartupError',
      exitCode: 69,
      message: expect.stringContaining('invalid value for parameter "shared_buffers"'),
    });
  });
});

describe('a first start', () => {
  test('made by two processes at once succeeds in one and is refused clearly in the other', async () => {
    const directory = join(root, 'raced');
    const racers = [startInChild(directory), startInChild(directory)];
    const outcomes = await Promise.all(racers.map((racer) => racer.outcome()));
    expect(outcomes.filter(({ url }) => url)).toHaveLength(1);
    expect(outcomes.find(({ message }) => message)).toMatchObject({
      message: expect.stringMatching(/Another server already runs on .*raced \(process \d+\); stop it first/),
      exitCode: 69,
    });
    await Promise.all(racers.filter(({ child }) => isRunning(child)).map((racer) => racer.kill()));
    await (await start(directory)).stop();
  });

  test('killed while it creates the data directory leaves nothing half-made', async () => {
    const directory = join(root, 'killed');
    const child = startInChild(directory);
    await child.next(({ step }) => step?.startsWith('Creating') ?? false);
    await child.kill();
    const { url } = await start(directory);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect((await readdir(directory)).filter((name) => name.includes('.new-'))).toEqual([]);
  });

  test('refuses a folder that it did not make, and leaves it as it is', async () => {
    const directory = join(root, 'foreign');
    await mkdir(join(directory, 'postgres'), { recursive: true });
    await writeFile(join(directory, 'postgres', 'thesis.txt'), 'precious');
    await expect(start(directory)).rejects.toMatchObject({
      exitCode: 73,
      message: expect.stringContaining('is not a PostgreSQL data directory'),
    });
    expect(await readdir(join(directory, 'postgres'))).toEqual(['thesis.txt']);
  });
});

describe('as root', () => {
  test.runIf(isRoot())('keeps the database outside a folder of mode 700, and notes where', async () => {
    const home = join(root, 'home');
    const directory = join(home, 'project', '.data');
    await mkdir(home, { mode: 0o700 });
    const elsewhere = folderElsewhere(directory);
    try {
      const steps: string[] = [];
      const first = await start(directory, (line) => steps.push(line));
      expect(steps.find((step) => !isCopy(step))).toContain(`Keeping the database in ${elsewhere}`);
      expect(await readFile(join(directory, 'postgres.location.txt'), 'utf8')).toContain(elsewhere);
      await query(first.url, 'create table notes (body text)');
      await first.stop();

      // A home that is opened later does not hide the database that already exists.
      await chmod(home, 0o755);
      const second = await start(directory);
      expect(await query(second.url, 'select body from notes')).toEqual([]);
      await second.stop();

      await chmod(home, 0o700);
      await rm(directory, { recursive: true });
      const third = await start(directory);
      await expect(query(third.url, 'select body from notes')).rejects.toMatchObject({ code: '42P01' });
      expect(await readdir(elsewhere)).toContain('postgres.old');
      await third.stop();
    } finally {
      await rm(elsewhere, { recursive: true, force: true });
      // Stays where another project has a folder in it.
      await rmdir(dirname(elsewhere)).catch(() => undefined);
    }
  });
});

describe('as an ordinary user', () => {
  test.runIf(canBecomeOrdinary)('runs in place, where root carries on with the same database', async () => {
    const home = join(root, 'nobody');
    await mkdir(home, { mode: 0o700 });
    await chown(home, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
    const directory = join(home, '.data');
    const user = startInChild(directory, UNPRIVILEGED);
    const { url = '' } = await user.outcome();
    await query(url, 'create table notes (body text)');
    await user.kill();
    const asRoot = await start(directory);
    expect(await query(asRoot.url, 'select body from notes')).toEqual([]);
    expect((await stat(join(directory, 'postgres'))).uid).toBe(UNPRIVILEGED.uid);
  });

  test.runIf(canBecomeOrdinary)('says in one sentence that the folder cannot be written', async () => {
    const directory = join(root, 'read-only', '.data');
    await mkdir(directory, { recursive: true });
    expect(await startInChild(directory, UNPRIVILEGED).outcome()).toEqual({
      message: expect.stringMatching(
        /^The database folder .*\.data cannot be used \(permission denied: .*\); make it writable, or set/,
      ),
      exitCode: 73,
    });
  });

  test.runIf(canBecomeOrdinary)(
    'says in one sentence that the database belongs to somebody else',
    async () => {
      const directory = join(root, 'of another user', '.data');
      await mkdir(join(directory, 'postgres'), { recursive: true });
      await chmod(directory, 0o777);
      expect(await startInChild(directory, UNPRIVILEGED).outcome()).toEqual({
        message: expect.stringContaining('belongs to uid 0, not to you (uid 65534)'),
        exitCode: 73,
      });
    },
  );
});
