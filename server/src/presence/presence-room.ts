import type { Audience, RoomEvent, UserSummary } from '@versbottomlex/shared';
import { type Attendance, type Change, createCrowd } from './crowd.js';

/** From as many viewers on, joins and leaves are not told one by one any more. */
export const NAMED_BELOW = 50;
const COUNT_INTERVAL_MS = 1000;
/** How long the first events wait for what other processes say; a database that is away must not silence a room. */
const OPENING_MS = 1000;

export type PresenceEvent = Extract<RoomEvent, { type: 'userJoined' | 'userLeft' | 'viewerCount' }>;

/** Of a connection: `key` is the user's id, or what tells a guest's connection from every other. */
export type Viewer = { key: string; user: UserSummary | null };

/**
 * What the viewers of one stream are told of each other: joins and leaves while there are few, and their number at most
 * once a second, the last one always. Nothing is told until the other processes' viewers are known, so that nobody
 * joins who has been here all along.
 */
export const createPresenceRoom = (openedMs: number, tell: (event: PresenceEvent) => void) => {
  const crowd = createCrowd();
  /** Joins that are not told yet, because the room opens or because the user's name has to be read first. */
  const awaited = new Map<string, UserSummary | null>();
  let isOpening = true;
  let isRead = false;
  let told: Audience = { viewerCount: 0, guestCount: 0 };
  let toldMs = Number.NEGATIVE_INFINITY;

  const tellsNames = () => crowd.audience().viewerCount < NAMED_BELOW;

  const tellCount = (nowMs: number) => {
    const now = crowd.audience();
    const isTold = now.viewerCount === told.viewerCount && now.guestCount === told.guestCount;
    if (isOpening || isTold || nowMs - toldMs < COUNT_INTERVAL_MS) return;
    told = now;
    toldMs = nowMs;
    tell({ type: 'viewerCount', ...now });
  };

  const tellAwaited = () => {
    for (const [userId, user] of awaited) {
      if (!user) continue;
      awaited.delete(userId);
      if (tellsNames()) tell({ type: 'userJoined', user });
    }
  };

  const tellChange = ({ joined, left }: Change, user: UserSummary | null = null) => {
    for (const userId of left) {
      const wasTold = !awaited.delete(userId);
      if (wasTold && tellsNames()) tell({ type: 'userLeft', userId });
    }
    if (isOpening || tellsNames()) for (const userId of joined) awaited.set(userId, user);
    if (!isOpening) tellAwaited();
  };

  const open = () => {
    isOpening = false;
    tellAwaited();
  };

  return {
    crowd,
    audience: crowd.audience,
    /** Whether the other processes' viewers were read since this room was opened. */
    isRead: () => isRead,

    enter: ({ key, user }: Viewer, nowMs: number): void => {
      tellChange(crowd.enter({ key, isGuest: user === null }), user);
      tellCount(nowMs);
    },

    leave: ({ key, user }: Viewer, nowMs: number): void =>
      crowd.leave({ key, isGuest: user === null }, nowMs),

    /** To be called a few times a second: ends graces and tells what has been waiting for its time. */
    advance: (nowMs: number): void => {
      if (isOpening && nowMs - openedMs >= OPENING_MS) open();
      tellChange(crowd.endGraces(nowMs));
      tellCount(nowMs);
    },

    /** Takes what the other processes say; whoever the first call finds there is already here. */
    setElsewhere: (attendances: readonly Attendance[], nowMs: number): void => {
      const change = crowd.setElsewhere(attendances);
      if (isRead) tellChange(change);
      else {
        for (const userId of awaited.keys()) if (crowd.isElsewhere(userId)) awaited.delete(userId);
        isRead = true;
        open();
      }
      tellCount(nowMs);
    },

    /** The users whose summaries are needed to tell that they joined. */
    unnamed: (): string[] =>
      isOpening ? [] : [...awaited].flatMap(([userId, user]) => (user ? [] : [userId])),

    /** Tells the joins that waited for these; users who are not among them do not exist. */
    name: (users: ReadonlyMap<string, UserSummary>, asked: readonly string[]): void => {
      for (const userId of asked) {
        const user = users.get(userId);
        if (user && awaited.has(userId)) awaited.set(userId, user);
        else awaited.delete(userId);
      }
      tellAwaited();
    },
  };
};

export type PresenceRoom = ReturnType<typeof createPresenceRoom>;
