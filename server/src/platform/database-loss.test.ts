import { createServer, type Server, type Socket } from 'node:net';
import { users } from '@versbottomlex/database';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { createTestDatabase } from '../../test/database.js';
import { outcomeOf, tally } from '../../test/outcome.js';
import { createPortForwarder } from '../../test/port-forwarder.js';
import { userRow } from '../../test/rows.js';
import { scaled } from '../../test/scale.js';
import { createDatabase, type Database } from './database.js';

const own = await createTestDatabase(inject('databaseServerUrl'), inject('templateDatabase'));
const admin = postgres(own.url, { max: 2, onnotice: () => {} });

const databases: Database[] = [];
const open = (url: string, poolMax = 5): Database => {
  const database = createDatabase({ url, poolMax, prepare: true });
  // Closing one whose server is gone takes the full time that it is given, and there is nothing to close.
  if (url === own.url) databases.push(database);
  return database;
};

/** Servers that stand in for one that is in trouble. */
const servers: { server: Server; sockets: Socket[] }[] = [];
const listen = async (onConnection: (socket: Socket) => void): Promise<number> => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : expect.fail();
};

afterAll(async () => {
  for (const { server, sockets } of servers) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
  await Promise.all(databases.map((database) => database.close()));
  await admin.end();
  await own.drop();
});

const urlAtPort = (port: number): string => {
  const url = new URL(own.url);
  url.host = `127.0.0.1:${port}`;
  return url.href;
};
const execute = (database: Database, statement: string) =>
  database.run(() => database.client.execute(sql.raw(statement)));
const read = (database: Database) => execute(database, 'select 1');
const addUser = (database: Database, username?: string) => {
  const row = userRow(username === undefined ? {} : { username });
  return database.run(() => database.client.insert(users).values(row).execute());
};

/** Long enough for any answer that the deadline of 3 s allows, on a busy machine. */
const ANSWERED_MS = 3500;
const timed = async (call: Promise<unknown>): Promise<{ outcome: string; isInTime: boolean }> => {
  const begunMs = performance.now();
  const outcome = await outcomeOf(call);
  return { outcome, isInTime: performance.now() - begunMs < ANSWERED_MS };
};
const unavailable = { outcome: 'DEPENDENCY_UNAVAILABLE', isInTime: true };

it('a backend that is terminated costs the statements under way a 503, never another error or a crash', async () => {
  const database = open(own.url);
  let acknowledged = 0;
  let isOver = false;
  const outcomes = new Set<string>();
  const work = async () => {
    while (!isOver) {
      const outcome = await outcomeOf(addUser(database));
      outcomes.add(outcome);
      if (outcome === 'ok') acknowledged += 1;
    }
  };
  const workers = Array.from({ length: 10 }, work);
  let killed = 0;
  while (killed < scaled({ quick: 50, full: 1000 })) {
    const before = acknowledged;
    // At least one statement succeeds between two rounds, so that there are always connections in use.
    await expect.poll(() => acknowledged, { interval: 1, timeout: 10_000 }).toBeGreaterThan(before);
    const ended = await admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'versbottomlex'`;
    killed += ended.count;
  }
  isOver = true;
  await Promise.all(workers);
  expect(outcomes).toEqual(new Set(['ok', 'DEPENDENCY_UNAVAILABLE']));
  const [rows] = await admin`select count(*)::int as count from users`;
  expect(rows?.count).toBeGreaterThanOrEqual(acknowledged);
  expect(await outcomeOf(read(database))).toBe('ok');
});

describe.concurrent('a statement that takes too long', () => {
  it('is answered in time, and cancelled on the server', async ({ expect }) => {
    const database = open(own.url);
    expect(await timed(execute(database, 'select pg_sleep(31)'))).toEqual(unavailable);
    const running = async () => {
      const rows = await admin`
        select pid from pg_stat_activity
        where datname = current_database() and state = 'active' and query = 'select pg_sleep(31)'`;
      return rows.count;
    };
    await expect.poll(running, { timeout: 2000 }).toBe(0);
  });

  it('disturbs no other, also while it is found out which connections hang', async () => {
    const database = open(own.url);
    const slow = timed(execute(database, 'select pg_sleep(33)'));
    const begunMs = performance.now();
    const outcomes = new Set<string>();
    const work = async () => {
      while (performance.now() - begunMs < 7000) {
        outcomes.add(await outcomeOf(execute(database, 'select pg_sleep(0.3)')));
      }
    };
    await Promise.all(Array.from({ length: 4 }, work));
    expect(await slow).toEqual(unavailable);
    expect(outcomes).toEqual(new Set(['ok']));
  });

  it('to get a lock is answered in time', async () => {
    const database = open(own.url);
    const holder = postgres(own.url, { max: 1 });
    await holder`select pg_advisory_lock(1)`;
    expect(await timed(execute(database, 'select pg_advisory_lock(1)'))).toEqual(unavailable);
    await holder.end();
    expect(await outcomeOf(execute(database, 'select pg_advisory_lock(1)'))).toBe('ok');
  });

  it('keeps others waiting no longer than the deadline, and loses nothing that was acknowledged', async () => {
    const database = open(own.url, 1);
    const names = ['waiting_1', 'waiting_2', 'waiting_3'];
    const slow = timed(execute(database, 'select pg_sleep(32)'));
    const waiting = await Promise.all(names.map((name) => timed(addUser(database, name))));
    expect(await slow).toEqual(unavailable);
    expect(waiting.every(({ isInTime }) => isInTime)).toBe(true);
    expect(await outcomeOf(read(database))).toBe('ok');
    const stored = await admin`select username from users where username like 'waiting__'`;
    const told = names.filter((_, place) => waiting[place]?.outcome === 'ok');
    expect(stored.map((row) => row.username)).toEqual(expect.arrayContaining(told));
  });
});

describe.concurrent('a server that is not there', () => {
  const closedPort = async (): Promise<number> => {
    const port = await listen(() => {});
    await new Promise((resolve) => servers.pop()?.server.close(resolve));
    return port;
  };

  it.each([
    ['refuses connections', closedPort],
    ['accepts and never answers', () => listen(() => {})],
    ['accepts and hangs up', () => listen((socket) => socket.destroy())],
  ])('and %s is a 503 for every caller in time', async (_name, portOf) => {
    const database = open(urlAtPort(await portOf()));
    const isReachable = database.isReachable();
    const calls = await Promise.all(Array.from({ length: 30 }, () => timed(read(database))));
    for (const call of calls) expect(call).toEqual(unavailable);
    expect(await isReachable).toBe(false);
  });

  it('but has no such database is an error of ours, which waiting does not mend', async () => {
    const url = new URL(own.url);
    url.pathname = '/not_there';
    await expect(read(open(url.href))).rejects.toMatchObject({ name: 'DatabaseError', sqlState: '3D000' });
  });
});

it.concurrent('a database that comes back is used again within 2 s, by everyone', async ({ expect }) => {
  const forwarder = await createPortForwarder();
  forwarder.target = Number(new URL(own.url).port);
  const database = open(urlAtPort(forwarder.port));
  const readMany = () => tally(Array.from({ length: 10 }, () => read(database)));
  expect(await readMany()).toEqual({ ok: 10 });

  forwarder.isSilent = true;
  forwarder.dropConnections();
  expect(await timed(read(database))).toEqual(unavailable);
  expect(await database.isReachable()).toBe(false);

  forwarder.isSilent = false;
  forwarder.dropConnections();
  await expect.poll(() => outcomeOf(read(database)), { timeout: 2000, interval: 20 }).toBe('ok');
  expect(await readMany()).toEqual({ ok: 10 });
  await forwarder.close();
});

it.concurrent('a server that vanishes without a word, and one that takes its place, is used again within 8 s', async ({
  expect,
}) => {
  const forwarder = await createPortForwarder();
  forwarder.target = Number(new URL(own.url).port);
  const database = open(urlAtPort(forwarder.port));
  const readMany = () => tally(Array.from({ length: 10 }, () => read(database)));
  expect(await readMany()).toEqual({ ok: 10 });

  forwarder.freezeConnections();
  const vanishedMs = performance.now();
  expect(await timed(read(database))).toEqual(unavailable);
  await expect.poll(() => outcomeOf(read(database)), { timeout: 8000, interval: 20 }).toBe('ok');
  expect(performance.now() - vanishedMs).toBeLessThan(8000);
  await expect.poll(readMany, { timeout: 5000 }).toEqual({ ok: 10 });
  await forwarder.close();
});
