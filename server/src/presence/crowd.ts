import type { Audience } from '@versbottomlex/shared';

/** How long somebody stays after the last connection is gone, so that a reload or a network blip is silent. */
export const GRACE_MS = 8000;

/** A connection's viewer: `key` is the user's id, or what tells a guest's connection from every other. */
export type Attendee = { key: string; isGuest: boolean };

/** Who watches through one process. */
export type Attendance = { userIds: readonly string[]; guestCount: number };

/** Whose being here began or ended, over all processes. */
export type Change = { joined: readonly string[]; left: readonly string[] };

const unchanged: Change = { joined: [], left: [] };

/**
 * The audience of one stream as this process knows it: its own connections, and what other processes last said. A user
 * is one viewer over all connections and processes. It has no time of its own: `nowMs` may count from anywhere.
 */
export const createCrowd = () => {
  const connections = new Map<string, number>();
  /** Users of this process, connected or in their grace. */
  const own = new Set<string>();
  /** When the graces of users end, the next first, because all are equally long. */
  const userGraces = new Map<string, number>();
  let guests = 0;
  let guestGraces: number[] = [];
  let elsewhere: ReadonlySet<string> = new Set();
  let onlyElsewhere = 0;
  let guestsElsewhere = 0;
  let version = 0;

  return {
    /** One more connection of a viewer. */
    enter: ({ key, isGuest }: Attendee): Change => {
      const before = connections.get(key) ?? 0;
      connections.set(key, before + 1);
      if (before > 0) return unchanged;
      if (isGuest) {
        guests += 1;
        // Guests have no name to come back under; without this, a blip would count everyone twice.
        if (guestGraces.shift() === undefined) version += 1;
        return unchanged;
      }
      userGraces.delete(key);
      if (own.has(key)) return unchanged;
      own.add(key);
      version += 1;
      if (!elsewhere.has(key)) return { joined: [key], left: [] };
      onlyElsewhere -= 1;
      return unchanged;
    },

    /** One connection less; after the last one the grace begins. */
    leave: ({ key, isGuest }: Attendee, nowMs: number): void => {
      const left = (connections.get(key) ?? 0) - 1;
      if (left > 0) connections.set(key, left);
      if (left !== 0) return;
      connections.delete(key);
      if (isGuest) {
        guests -= 1;
        guestGraces.push(nowMs + GRACE_MS);
      } else userGraces.set(key, nowMs + GRACE_MS);
    },

    /** Lets go of those whose grace is over. */
    endGraces: (nowMs: number): Change => {
      const stillHere = guestGraces.filter((endsMs) => endsMs > nowMs);
      if (stillHere.length < guestGraces.length) version += 1;
      guestGraces = stillHere;
      const left: string[] = [];
      for (const [userId, endsMs] of userGraces) {
        if (endsMs > nowMs) break;
        userGraces.delete(userId);
        own.delete(userId);
        version += 1;
        if (elsewhere.has(userId)) onlyElsewhere += 1;
        else left.push(userId);
      }
      return left.length > 0 ? { joined: [], left } : unchanged;
    },

    /** Replaces what is known of the other processes. */
    setElsewhere: (attendances: readonly Attendance[]): Change => {
      const before = elsewhere;
      const now = new Set(attendances.flatMap(({ userIds }) => userIds));
      elsewhere = now;
      guestsElsewhere = attendances.reduce((sum, { guestCount }) => sum + guestCount, 0);
      const others = [...now].filter((userId) => !own.has(userId));
      onlyElsewhere = others.length;
      return {
        joined: others.filter((userId) => !before.has(userId)),
        left: [...before].filter((userId) => !now.has(userId) && !own.has(userId)),
      };
    },

    isElsewhere: (userId: string): boolean => elsewhere.has(userId),
    isEmptyHere: (): boolean => own.size + guests + guestGraces.length === 0,
    /** Who watches through this process, those in their grace included. */
    attendance: (): Attendance => ({ userIds: [...own], guestCount: guests + guestGraces.length }),
    /** Another number whenever {@link attendance} is another. */
    version: (): number => version,
    /** Over all processes. */
    audience: (): Audience => {
      const guestCount = guests + guestGraces.length + guestsElsewhere;
      return { viewerCount: own.size + onlyElsewhere + guestCount, guestCount };
    },
  };
};

export type Crowd = ReturnType<typeof createCrowd>;
