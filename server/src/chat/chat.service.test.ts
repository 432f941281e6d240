import { roomSettings, streamEvents } from '@versbottomlex/database';
import { type ChatMessage, SendMessageInput, type SignedIn } from '@versbottomlex/shared';
import { eq, sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { failureOf, outcomeOf, tally } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';
import type { Identity } from '../auth/identity.js';
import type { LogEntry } from '../platform/event-bus.js';

const platform = await createTestServices({ environment: { RATE_LIMIT_CHAT_PER_30_SECONDS: '1000000' } });
const { services, database, databaseUrl, bus, clock } = platform;
const secondNode = openSecondNode(platform);
const factories = createFactories(platform);
/** A connection beside the pool, whose transactions a test opens and ends by hand. */
const beside = postgres(databaseUrl, { max: 1, onnotice: () => {} });
afterAll(async () => {
  await beside.end();
  await secondNode.close();
  await platform.close();
});

let performer: SignedIn;
let streamId: string;
let announced: LogEntry[][];
const leave = bus.subscribe((event) => {
  if (event.type === 'streamLogged' && event.streamId === streamId) announced.push(event.entries);
});
afterAll(leave);
beforeEach(async () => {
  performer = await factories.performer();
  streamId = (await factories.stream(performer)).id;
  announced = [];
});

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);
const newViewer = async () => identityOf(await factories.account());
const send = (by: Identity, content: string, given: Partial<SendMessageInput> = {}, node = services) =>
  node.chat.send(by, SendMessageInput.parse({ streamId, content, ...given }));
const readAll = async (): Promise<ChatMessage[]> => {
  const all: ChatMessage[] = [];
  let cursor: string | null = null;
  do {
    const input = { streamId, limit: 100, ...(cursor !== null && { cursor }) };
    const page = await services.chat.history(null, input);
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all.reverse();
};
const logOf = () =>
  database.client
    .select()
    .from(streamEvents)
    .where(eq(streamEvents.streamId, streamId))
    .orderBy(streamEvents.seq);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

const WAITING = sql`datname = current_database() and wait_event_type = 'Lock' and query like '%chat_send_messages%'`;

/** Comes back once a statement of the chat waits for the log. */
const untilOneWaits = () =>
  vi.waitFor(async () => {
    const found = await database.client.execute(sql`select from pg_stat_activity where ${WAITING}`);
    expect(found.length).toBeGreaterThan(0);
  });
const lockLog = async () => {
  await beside.unsafe('begin');
  await beside`select from stream_logs where stream_id = ${streamId} for update`;
};

/** What calls came to that waited for the log's lock while `change` was committed. */
const whileLocked = async <T>(change: string, begin: () => Promise<T>): Promise<T> => {
  await lockLog();
  const calls = begin();
  await untilOneWaits();
  await beside.unsafe(change);
  await beside.unsafe('commit');
  return calls;
};

describe('many at once', () => {
  it('are stored in one order without a gap, each caller is given its own, and all are announced in order', async () => {
    const senders = await Promise.all(Array.from({ length: 50 }, newViewer));
    const each = scaled({ quick: 4, full: 40 });
    const answers = await Promise.all(
      senders.flatMap((sender) =>
        upTo(each).map(async (place) => {
          const content = `${sender.userId} says ${place}`;
          return { sender, content, answer: await send(sender, content) };
        }),
      ),
    );
    for (const { sender, content, answer } of answers) {
      expect(answer).toMatchObject({ content, author: { id: sender.userId } });
    }
    const log = await logOf();
    expect(log.map(({ seq }) => seq)).toEqual(upTo(50 * each + 1));
    const history = await readAll();
    expect(history).toHaveLength(50 * each);
    const entries = announced.flat();
    expect(entries.map(({ seq }) => seq)).toEqual(upTo(50 * each + 1).slice(1));
    expect(entries.map(({ event }) => (event.type === 'chatMessage' ? event.message : event.type))).toEqual(
      history,
    );
    for (const { userId } of senders) {
      const own = history.filter(({ author }) => author.id === userId).map(({ content }) => content);
      expect(own).toEqual(upTo(each).map((place) => `${userId} says ${place}`));
    }
    expect(announced.length).toBeLessThan(entries.length);
    expect(services.chat.load()).toEqual({ rooms: 0, waiting: 0 });
  });

  it('have one order over two nodes too', async () => {
    const sender = await newViewer();
    await Promise.all(
      upTo(60).map((place) => send(sender, `${place}`, {}, place % 2 ? services : secondNode.services)),
    );
    expect((await logOf()).map(({ seq }) => seq)).toEqual(upTo(61));
  });

  it('do not wait for another room', async () => {
    const sender = await newViewer();
    const other = await factories.stream(await factories.performer());
    await whileLocked('select 1', async () => {
      const held = send(sender, 'Here');
      expect((await send(sender, 'There', { streamId: other.id })).content).toBe('There');
      return { held };
    }).then(({ held }) => held);
  });
});

describe('a retry', () => {
  it('at the same moment, from two nodes, is one message and one answer', async () => {
    const sender = await newViewer();
    const clientMessageId = 'the-same';
    const answers = await Promise.all(
      upTo(40).map((attempt) =>
        send(sender, `Attempt ${attempt}`, { clientMessageId }, attempt % 2 ? services : secondNode.services),
      ),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await readAll()).toEqual([answers[0]]);
    expect((await logOf()).map(({ type }) => type)).toEqual(['streamUpdate', 'chatMessage']);
  });

  it('is announced once', async () => {
    const sender = await newViewer();
    await send(sender, 'Hello', { clientMessageId: 'once' });
    await send(sender, 'Hello', { clientMessageId: 'once' });
    expect(announced).toHaveLength(1);
  });
});

describe('a rule that changes while messages wait for the lock', () => {
  it('lets nothing slip in behind a ban', async () => {
    const sender = await newViewer();
    const ban = `insert into room_restrictions (performer_id, user_id, kind)
      values ('${performer.user.id}', '${sender.userId}', 'ban')`;
    const outcomes = await whileLocked(ban, () => tally(upTo(10).map((place) => send(sender, `${place}`))));
    expect(outcomes).toEqual({ BANNED: 10 });
    expect(await readAll()).toEqual([]);
  });

  it('lets nothing slip in behind a timeout', async () => {
    const sender = await newViewer();
    const timeout = `insert into room_restrictions (performer_id, user_id, kind, expires_at)
      values ('${performer.user.id}', '${sender.userId}', 'timeout', '${clock.now().toISOString()}'::timestamptz + interval '1 s')`;
    const outcomes = await whileLocked(timeout, () =>
      tally(upTo(10).map((place) => send(sender, `${place}`))),
    );
    expect(outcomes).toEqual({ TIMED_OUT: 10 });
  });

  it('lets nothing slip in behind slow mode', async () => {
    const sender = await newViewer();
    const slow = `insert into room_settings (performer_id, slow_mode_seconds) values ('${performer.user.id}', 30)`;
    const outcomes = await whileLocked(slow, () => tally(upTo(10).map((place) => send(sender, `${place}`))));
    expect(outcomes).toEqual({ ok: 1, SLOW_MODE: 9 });
  });

  it('lets one message through slow mode, from whichever of two nodes', async () => {
    await database.client
      .insert(roomSettings)
      .values({ performerId: performer.user.id, slowModeSeconds: 30 });
    const sender = await newViewer();
    const outcomes = await tally(
      upTo(20).map((place) => send(sender, `${place}`, {}, place % 2 ? services : secondNode.services)),
    );
    expect(outcomes).toEqual({ ok: 1, SLOW_MODE: 19 });
  });

  it('stores nothing after the event that says the stream has ended', async () => {
    const senders = await Promise.all(upTo(10).map(newViewer));
    const identity = await identityOf(performer);
    const sending = tally(senders.flatMap((sender) => upTo(20).map((place) => send(sender, `${place}`))));
    await services.streams.end(identity, streamId);
    const { ok = 0, STREAM_NOT_LIVE = 0 } = await sending;
    expect(ok + STREAM_NOT_LIVE).toBe(200);
    const types = (await logOf()).map(({ type }) => type);
    expect(types.lastIndexOf('streamUpdate')).toBe(types.length - 1);
    expect(types.filter((type) => type === 'chatMessage')).toHaveLength(ok);
  });
});

describe('a failure of the database', () => {
  /** Makes the statement fail that waits for the log. */
  const cancelWaiting = async () => {
    await untilOneWaits();
    await database.client.execute(sql`select pg_cancel_backend(pid) from pg_stat_activity where ${WAITING}`);
  };

  it('in the middle of a batch fails all of it, stores none of it, and touches nobody else', async () => {
    const sender = await newViewer();
    const other = await factories.stream(await factories.performer());
    await lockLog();
    const first = outcomeOf(send(sender, 'first'));
    const batch = tally(upTo(5).map((place) => send(sender, `${place}`)));
    await cancelWaiting();
    expect(await first).toBe('DEPENDENCY_UNAVAILABLE');
    const later = send(sender, 'later');
    await cancelWaiting();
    expect(await batch).toEqual({ DEPENDENCY_UNAVAILABLE: 5 });
    expect((await send(sender, 'There', { streamId: other.id })).content).toBe('There');
    await beside.unsafe('commit');
    const stored = await later;
    expect(await readAll()).toEqual([stored]);
    expect((await logOf()).map(({ seq }) => seq)).toEqual([1, 2]);
    // What became of a statement whose answer is missing is for those to read who follow the stream.
    expect(announced.map((entries) => entries.length)).toEqual([0, 0, 1]);
    expect(services.chat.load()).toEqual({ rooms: 0, waiting: 0 });
  });

  it('halfway through the rows of a batch stores none of them', async () => {
    const sender = await newViewer();
    await database.client.execute(sql`
      alter table messages add constraint messages_no_poison check (content <> 'poison') not valid`);
    const outcomes = await whileLocked('select 1', () =>
      Promise.allSettled(['first', 'one', 'poison', 'three'].map((content) => send(sender, content))),
    );
    await database.client.execute(sql`alter table messages drop constraint messages_no_poison`);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect((await readAll()).map(({ content }) => content)).toEqual(['first']);
    expect((await logOf()).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('lets a retry settle to one message', async () => {
    const sender = await newViewer();
    const retry = () => send(sender, 'Hello', { clientMessageId: 'settles' });
    await lockLog();
    const refused = await failureOf(retry());
    expect([refused.code, refused.status]).toEqual(['DEPENDENCY_UNAVAILABLE', 503]);
    await beside.unsafe('commit');
    const answer = await retry();
    expect(await retry()).toEqual(answer);
    expect(await readAll()).toEqual([answer]);
  });
});

describe('deleting', () => {
  it('many times at once is one event', async () => {
    const sender = await newViewer();
    const { id } = await send(sender, 'Hello');
    const moderator = await identityOf(await factories.moderatorOf(performer));
    const answers = await Promise.all(
      upTo(10).map((turn) =>
        services.chat.delete(turn % 2 ? sender : moderator, { streamId, messageId: id }),
      ),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect((await logOf()).map(({ type }) => type)).toEqual([
      'streamUpdate',
      'chatMessage',
      'messageDeleted',
    ]);
  });
});
