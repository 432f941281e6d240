import { type ChatMessage, REPLAY_EVENTS_MAX, type RoomEvent, type Stream } from '@versbottomlex/shared';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeptOutlet, type Received } from '../../test/live/read-frames.js';
import { scaled } from '../../test/scale.js';
import type { LogEntry } from '../platform/event-bus.js';
import { createFanOut, type Member } from './fan-out.js';
import { createRoom, type Room, type RoomSource } from './room.js';
import { applyEvent, type RoomState, wantsOf } from './room-state.js';

const author = { id: 'a', username: 'ava', displayName: 'Ava', avatarUrl: null, isVerified: false };

const messageOf = (seq: number): ChatMessage => ({
  id: `message-${seq}-`,
  streamId: 's',
  author,
  authorRole: 'viewer',
  content: `Text ${seq}`,
  mentions: [],
  replyTo: null,
  clientMessageId: null,
  createdAt: '2026-01-02T03:04:05.678Z',
  deletedAt: null,
});

/** Every third event is none of chat, so that narrowed feeds skip some. */
const eventOf = (seq: number): RoomEvent =>
  seq % 3 === 0
    ? { type: 'viewerRestored', userId: `user-${seq}` }
    : { type: 'chatMessage', message: messageOf(seq) };

const emptyState = (): RoomState => ({
  stream: { id: 's', viewerCount: 0, peakViewerCount: 0 } as Stream,
  messages: [],
  pinnedMessage: null,
  modes: { slowModeSeconds: 0, isFollowersOnly: false, isTicketsOnly: false, areLinksAllowed: true },
  tipGoal: null,
});

/** A log in memory, whose reads take their time and fail when they are told to. */
const createFakeLog = () => {
  let epoch = 1;
  let entries: LogEntry[] = [];
  let failures = 0;
  let delayMs = 0;
  let reads = 0;

  const answer = async <T>(read: () => T): Promise<T> => {
    reads += 1;
    const isFailing = failures > 0;
    if (isFailing) failures -= 1;
    // What a statement sees is what was there when it began.
    const result = read();
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (isFailing) throw new Error('away');
    return result;
  };

  const source: RoomSource = {
    load: () =>
      answer(() => {
        const state = emptyState();
        for (const { event } of entries) applyEvent(state, event);
        return { epoch, lastSeq: entries.length, state };
      }),
    read: (seq, limit) => answer(() => entries.slice(seq, seq + limit)),
    audience: () => ({ viewerCount: 2, guestCount: 1 }),
  };
  return {
    source,
    entries: () => entries,
    end: () => ({ epoch, lastSeq: entries.length }),
    reads: () => reads,
    append: (event?: RoomEvent): LogEntry => {
      const seq = entries.length + 1;
      const entry = { seq, event: event ?? eventOf(seq) };
      entries.push(entry);
      return entry;
    },
    replace: (length: number) => {
      epoch += 1;
      entries = entries.slice(0, length);
    },
    failNext: (count: number) => {
      failures = count;
    },
    slowDown: (ms: number) => {
      delayMs = ms;
    },
  };
};
type FakeLog = ReturnType<typeof createFakeLog>;

type Viewer = {
  received: Received[];
  kinds: 'all' | 'chat';
  lastEventId: string | undefined;
  /** Where the log ended when the viewer came. */
  endAtFirst: number;
  isGone: boolean;
  leave(): void;
};

let nextRequestId = 0;

const join = async (
  room: Room,
  lastEventId?: string,
  kinds: Viewer['kinds'] = 'all',
  endAtFirst = 0,
): Promise<Viewer | undefined> => {
  try {
    if (lastEventId !== undefined) await room.prepare(lastEventId);
  } catch {
    return undefined;
  }
  const { outlet, received } = createKeptOutlet();
  nextRequestId += 1;
  const request = { id: nextRequestId % 3 };
  const member: Member = { outlet, request, wants: wantsOf(kinds === 'chat' ? ['chat'] : undefined) };
  const viewer: Viewer = {
    received,
    kinds,
    lastEventId,
    endAtFirst,
    isGone: false,
    leave: () => {
      viewer.isGone = true;
      room.leave(member);
    },
  };
  room.join(member, lastEventId, () => viewer.isGone);
  return viewer;
};

const open = (log: FakeLog) => createRoom({ source: log.source, fanOut: createFanOut(), onEvent: () => {} });

const place = (id: string) => {
  const [epoch = 0, seq = 0] = id.split(':').map(Number);
  return { epoch, seq };
};

/** The seqs that a viewer of these kinds is told of from one place of the log to another. */
const wantedSeqs = ({ kinds }: Viewer, from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index + 1).filter(
    (seq) => kinds === 'all' || seq % 3 !== 0,
  );

const logged = new Set(['chatMessage', 'viewerRestored', 'messageDeleted']);

/** Follows a feed as a client does, and fails at a gap, a duplicate, a wrong order or an id that was not told yet. */
const check = (viewer: Viewer, end: { epoch: number; lastSeq: number }) => {
  let at = viewer.lastEventId === undefined ? undefined : place(viewer.lastEventId);
  let isResyncing = viewer.lastEventId === undefined;
  for (const { id, event } of viewer.received) {
    const now = place(id);
    if (event.type === 'resync') {
      const isTooFar =
        at !== undefined && (now.seq - at.seq > REPLAY_EVENTS_MAX || at.seq > viewer.endAtFirst);
      expect(now.epoch !== at?.epoch || (isTooFar && viewer.received[0]?.event === event)).toBe(true);
      isResyncing = true;
    } else if (event.type === 'snapshot') {
      expect(isResyncing).toBe(true);
      isResyncing = false;
      at = now;
    } else {
      expect(isResyncing).toBe(false);
      expect(now.epoch).toBe(at?.epoch);
      const [next] = wantedSeqs(viewer, at?.seq ?? 0, now.seq);
      if (logged.has(event.type)) expect([event.type, now.seq]).toEqual([event.type, next]);
      else expect(next).toBeUndefined();
      at = now;
    }
  }
  expect(isResyncing).toBe(false);
  expect(at?.epoch).toBe(end.epoch);
  expect(wantedSeqs(viewer, at?.seq ?? 0, end.lastSeq)).toEqual([]);
};

const texts = ({ received }: Viewer) => received.map(({ id, event }) => `${event.type} ${place(id).seq}`);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

const opened = async (length: number) => {
  const log = createFakeLog();
  for (let count = 0; count < length; count += 1) log.append();
  return { log, room: await open(log) };
};

const joined = async (...args: Parameters<typeof join>): Promise<Viewer> => {
  const viewer = await join(...args);
  if (!viewer) throw new Error('refused');
  return viewer;
};

describe('what a viewer is told', () => {
  it('begins with a snapshot, and goes on with what happens', async () => {
    const { log, room } = await opened(2);
    const viewer = await joined(room);
    room.hear([log.append()]);
    expect(texts(viewer)).toEqual(['snapshot 2', 'viewerRestored 3']);
  });

  it('waits 20 ms for an event whose successor came first, and then reads it', async () => {
    const { log, room } = await opened(0);
    const viewer = await joined(room);
    log.append();
    room.hear([log.append()]);
    await pass(19);
    expect(texts(viewer)).toEqual(['snapshot 0']);
    await pass(61);
    expect(texts(viewer)).toEqual(['snapshot 0', 'chatMessage 1', 'chatMessage 2']);
  });

  it('is read, and not kept, when very many events came before the one that is missing', async () => {
    const { log, room } = await opened(0);
    const viewer = await joined(room);
    log.append();
    for (let count = 0; count < 1100; count += 1) room.hear([log.append()]);
    await pass(0);
    await pass(50);
    check(viewer, log.end());
  });

  it('comes again after reads that failed, without a further hint', async () => {
    const { log, room } = await opened(0);
    const viewer = await joined(room);
    log.failNext(3);
    log.append();
    room.hear([]);
    await pass(2000);
    expect(texts(viewer)).toEqual(['snapshot 0', 'chatMessage 1']);
  });

  it('goes on to the end of a log that is longer than one read', async () => {
    const { log, room } = await opened(0);
    const viewer = await joined(room);
    for (let count = 0; count < 2500; count += 1) log.append();
    room.compare(log.end());
    await pass(100);
    check(viewer, log.end());
    expect(viewer.received).toHaveLength(2501);
  });

  it('does not include the text of a message that was deleted, also when it is sent again', async () => {
    const { log, room } = await opened(0);
    const viewer = await joined(room);
    room.hear([log.append(), log.append()]);
    const reply: ChatMessage = {
      ...messageOf(9),
      replyTo: { id: messageOf(1).id, author, content: 'Text 1' },
    };
    room.hear([log.append({ type: 'chatMessage', message: reply })]);
    room.hear([
      log.append({
        type: 'messageDeleted',
        messageId: messageOf(1).id,
        deletedAt: '2026-01-02T03:04:06.000Z',
      }),
    ]);
    await pass(50);
    expect(JSON.stringify(viewer.received)).toContain('Text 1');
    const later = await joined(room, '1:0');
    expect(texts(later)).toEqual([
      'chatMessage 1',
      'chatMessage 2',
      'chatMessage 3',
      'messageDeleted 4',
      'viewerCount 4',
    ]);
    expect(JSON.stringify(later.received)).not.toContain('Text 1');
    expect(JSON.stringify((await joined(room)).received)).not.toContain('Text 1');
  });
});

describe('a viewer who comes back', () => {
  it('is sent exactly 500 missed events, and starts anew after 501', async () => {
    const { log, room } = await opened(REPLAY_EVENTS_MAX + 1);
    const near = await joined(room, '1:1');
    const far = await joined(room, '1:0');
    check(near, log.end());
    expect(near.received).toHaveLength(REPLAY_EVENTS_MAX + 1);
    expect(texts(far)).toEqual(['resync 501', 'snapshot 501']);
  });

  it.each(['', 'x', '1', '1:', ':1', '1:-1', '1:1:1', '1:99', '2:1', '99999999999:1', '1:9999999999999999'])(
    'with the id %j starts anew',
    async (lastEventId) => {
      const { room } = await opened(3);
      expect(texts(await joined(room, lastEventId))).toEqual(['resync 3', 'snapshot 3']);
    },
  );

  it('is told what another process has told of already, though this one has not heard of it', async () => {
    const { log, room } = await opened(1);
    for (let count = 0; count < 3; count += 1) log.append();
    const viewer = await joined(room, '1:2');
    await pass(50);
    expect(texts(viewer)).toEqual(['viewerRestored 3', 'chatMessage 4', 'viewerCount 4']);
  });

  it('costs one statement, however many come at once', async () => {
    const { log, room } = await opened(400);
    log.slowDown(5);
    const coming = Array.from({ length: 50 }, (_, index) => joined(room, `1:${100 + index}`));
    await pass(100);
    for (const viewer of await Promise.all(coming)) check(viewer, log.end());
    expect(log.reads()).toBe(2);
  });

  it('is refused while the log cannot be read, and not told to start anew', async () => {
    const { log, room } = await opened(10);
    log.failNext(1);
    expect(await join(room, '1:4')).toBeUndefined();
    check(await joined(room, '1:4'), log.end());
  });
});

describe('another epoch', () => {
  it('makes everybody start anew, once', async () => {
    const { log, room } = await opened(10);
    const [first, second] = [await joined(room), await joined(room, '1:8')];
    log.replace(4);
    log.slowDown(30);
    for (let count = 0; count < 3; count += 1) {
      room.compare(log.end());
      await pass(10);
    }
    await pass(100);
    expect(texts(first).slice(1)).toEqual(['resync 4', 'snapshot 4']);
    expect(texts(second).slice(-2)).toEqual(['resync 4', 'snapshot 4']);
    // Of a look at the log that began before the change.
    room.compare({ epoch: 1, lastSeq: 10 });
    await pass(100);
    expect(texts(first)).toHaveLength(3);
  });

  it('takes in what is logged while it is read', async () => {
    const { log, room } = await opened(10);
    const viewer = await joined(room);
    log.replace(4);
    log.slowDown(30);
    room.compare(log.end());
    await pass(10);
    room.hear([log.append()]);
    await pass(200);
    check(viewer, log.end());
  });
});

describe('notices', () => {
  it('carry the id of what was sent before them, so that nothing comes twice after them', async () => {
    const { log, room } = await opened(0);
    const { outlet, received } = createKeptOutlet();
    const member: Member = { outlet, request: { id: 1 }, wants: wantsOf() };
    room.join(member, undefined, () => false);
    room.hear([log.append()]);
    room.hear([log.append()]);
    room.notify(member, { type: 'authExpiring', expiresAt: '2026-01-02T03:04:05.678Z' }, () => false);
    room.hear([log.append()]);
    await pass(50);
    expect(received.map(({ id, event }) => `${event.type} ${id}`)).toEqual([
      'snapshot 1:0',
      'chatMessage 1:1',
      'chatMessage 1:2',
      'viewerRestored 1:3',
      'authExpiring 1:3',
    ]);
  });

  it('and events are not sent to whoever has left meanwhile', async () => {
    const { log, room } = await opened(0);
    const { outlet, received } = createKeptOutlet();
    const member: Member = { outlet, request: { id: 1 }, wants: wantsOf() };
    let isGone = false;
    room.join(member, undefined, () => isGone);
    room.hear([log.append()]);
    room.hear([log.append()]);
    room.notify(member, { type: 'authExpiring' }, () => isGone);
    isGone = true;
    room.leave(member);
    await pass(50);
    expect(received).toHaveLength(2);
  });
});

describe('whatever happens', () => {
  const kinds = fc.constantFrom<Viewer['kinds']>('all', 'chat');
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('append'), count: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('append'), count: fc.constantFrom(120, 600) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('hint'),
        picks: fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 8 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('join'), kinds }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('resume'), kinds, back: fc.integer({ min: -3, max: 600 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('return'), index: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('leave'), index: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('fail'), count: fc.integer({ min: 0, max: 3 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('slow'), ms: fc.constantFrom(0, 3, 15, 60) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('compare') }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('tell') }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.constantFrom(1, 10, 45, 600) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('replace'), length: fc.nat(30) }) },
  );
  type Step = { do: string; count?: number; picks?: number[]; kinds?: Viewer['kinds']; back?: number } & {
    index?: number;
    ms?: number;
    length?: number;
  };

  const run = async (steps: Step[]) => {
    const log = createFakeLog();
    const room = await open(log);
    const viewers: Viewer[] = [];
    const coming: Promise<void>[] = [];
    const come = (lastEventId: string | undefined, wanted: Viewer['kinds']) =>
      coming.push(
        join(room, lastEventId, wanted, log.end().lastSeq).then((viewer) => {
          if (viewer) viewers.push(viewer);
        }),
      );
    for (const { do: what, count = 0, picks = [], kinds: wanted = 'all', ...rest } of steps) {
      const { epoch, lastSeq } = log.end();
      if (what === 'append') for (let made = 0; made < count; made += 1) log.append();
      if (what === 'hint') {
        const entries = picks.flatMap((back) => log.entries()[lastSeq - 1 - back] ?? []);
        room.hear(entries);
      }
      if (what === 'join') come(undefined, wanted);
      if (what === 'resume') come(`${epoch}:${Math.max(0, lastSeq - (rest.back ?? 0))}`, wanted);
      if (what === 'return') {
        const viewer = viewers[(rest.index ?? 0) % Math.max(1, viewers.length)];
        viewer?.leave();
        const lastId = viewer?.received.at(-1)?.id ?? viewer?.lastEventId;
        if (viewer && lastId !== undefined) come(lastId, viewer.kinds);
      }
      if (what === 'leave') viewers[(rest.index ?? 0) % Math.max(1, viewers.length)]?.leave();
      if (what === 'fail') log.failNext(count);
      if (what === 'slow') log.slowDown(rest.ms ?? 0);
      if (what === 'compare') room.compare(log.end());
      if (what === 'tell') room.tell({ type: 'viewerCount', viewerCount: 3, guestCount: 0 });
      if (what === 'pass') await pass(rest.ms ?? 0);
      if (what === 'replace') {
        log.replace(Math.min(rest.length ?? 0, lastSeq));
        // Hints have no epoch; the next look at the log's end tells of it.
        room.compare(log.end());
        log.failNext(0);
        await pass(1000);
      }
    }
    log.failNext(0);
    log.slowDown(0);
    await pass(1000);
    room.compare(log.end());
    await pass(1000);
    await Promise.all(coming);
    for (const viewer of viewers) {
      if (!viewer.isGone) check(viewer, log.end());
    }
    room.close();
    // By what it does: timers that a file before has left behind would be counted with those of the room.
    const doneSoFar = () => [log.reads(), ...viewers.map(({ received }) => received.length)];
    const done = doneSoFar();
    await pass(10_000);
    expect(doneSoFar()).toEqual(done);
  };

  it('a feed has no gap, no duplicate and no other order than the log', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => run(steps as Step[])),
      { numRuns: scaled({ quick: 150, full: 5000 }), seed: 4711 },
    );
  });
});
