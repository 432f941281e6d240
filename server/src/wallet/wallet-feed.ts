import type { Wallet, WalletFeedEvent } from '@versbottomlex/shared';
import type { EventBus } from '../platform/event-bus.js';
import { createFeed, type Feed, type FeedRequest, type OpenFeed, type Outlet } from '../platform/feed.js';
import type { Logger } from '../platform/logger.js';
import { createSweep } from '../platform/sweep.js';
import { messageHead, messageTail } from '../platform/trpc-messages.js';
import { textFrame } from '../platform/websocket-frame.js';
import type { ReadWallet } from './wallet.queries.js';

/** How often changes are looked for that the bus has not told of; only while somebody follows. */
const POLL_INTERVAL_MS = 1000;
/** What changes within this time of a reading is read together. */
const GATHER_MS = 100;

export type WalletSource = {
  read: (userId: string) => Promise<ReadWallet>;
  listStandings: (userIds: string[]) => Promise<{ userId: string; standing: string }[]>;
};

type Deps = { source: WalletSource; bus: EventBus; logger: Logger };

type Device = { outlet: Outlet; request: FeedRequest };

/** A wallet that somebody follows: who does, and what they were told last. */
type Followed = {
  devices: Set<Device>;
  followers: number;
  /** How often the wallet was told anew, by which the events are numbered. */
  told: number;
  wallet: Wallet | undefined;
  standing: string;
  reading: Promise<void> | undefined;
  /** The reading that follows the one under way. */
  nextReading: Promise<void> | undefined;
  readAtMs: number;
  timer: NodeJS.Timeout | undefined;
};

const write = ({ outlet, request }: Device, eventId: number, event: object): void =>
  outlet.write(textFrame(messageHead(request), messageTail(String(eventId), JSON.stringify(event))));

/**
 * Tells users' own devices what their wallets hold, whichever device or process changed it. A burst of changes is one
 * reading, and one reading of a wallet is under way at a time. What cannot be read now is read a second later.
 */
export const createWalletFeed = ({ source, bus, logger }: Deps) => {
  const followed = new Map<string, Followed>();

  const read = async (userId: string, state: Followed): Promise<void> => {
    const { wallet, standing } = await source.read(userId);
    state.readAtMs = performance.now();
    state.standing = standing;
    if (JSON.stringify(wallet) === JSON.stringify(state.wallet)) return;
    state.wallet = wallet;
    state.told += 1;
    const event: WalletFeedEvent = { type: 'wallet', wallet };
    for (const device of state.devices) write(device, state.told, event);
  };

  /** Resolves when a reading is done that began after the call. */
  const refresh = (userId: string, state: Followed): Promise<void> => {
    if (state.reading) {
      state.nextReading ??= state.reading
        .catch(() => {})
        .then(() => {
          state.nextReading = undefined;
          return refresh(userId, state);
        });
      return state.nextReading;
    }
    state.reading = read(userId, state).finally(() => {
      state.reading = undefined;
    });
    return state.reading;
  };

  /** Reads the wallet soon, together with what else changes until then. */
  const noteChange = (userId: string) => {
    const state = followed.get(userId);
    if (!state || state.timer) return;
    const waitMs = Math.max(0, state.readAtMs + GATHER_MS - performance.now());
    state.timer = setTimeout(() => {
      state.timer = undefined;
      refresh(userId, state).catch(() => {});
    }, waitMs).unref();
  };

  bus.subscribe((event) => {
    if (event.type === 'walletChanged' || event.type === 'identityChanged') noteChange(event.userId);
  });

  const poll = createSweep({
    work: async () => {
      for (const { userId, standing } of await source.listStandings([...followed.keys()])) {
        if (followed.get(userId)?.standing !== standing) noteChange(userId);
      }
    },
    intervalMs: POLL_INTERVAL_MS,
    logger,
    fault: 'Wallets that are followed not compared',
  });

  const enter = (userId: string): Followed => {
    const state = followed.get(userId) ?? {
      devices: new Set(),
      followers: 0,
      told: 0,
      wallet: undefined,
      standing: '',
      reading: undefined,
      nextReading: undefined,
      readAtMs: 0,
      timer: undefined,
    };
    state.followers += 1;
    followed.set(userId, state);
    poll.start();
    return state;
  };

  const leave = (userId: string, state: Followed) => {
    state.followers -= 1;
    if (state.followers > 0) return;
    clearTimeout(state.timer);
    followed.delete(userId);
    if (followed.size === 0) void poll.stop();
  };

  return {
    /** How many feeds of wallets are under way; zero costs nothing. */
    followerCount: (): number => [...followed.values()].reduce((sum, { followers }) => sum + followers, 0),

    /** The wallet as it is, then after every change. It ends with the socket, and so with the session. */
    follow: async (userId: string, signal: AbortSignal): Promise<Feed<WalletFeedEvent>> => {
      const state = enter(userId);
      let device: Device | undefined;
      const open = (outlet: Outlet, request: FeedRequest): OpenFeed => {
        const opened = { outlet, request };
        device = opened;
        state.devices.add(opened);
        write(opened, state.told, { type: 'wallet', wallet: state.wallet });
        return { tell: (notice) => write(opened, state.told, notice) };
      };
      const { feed, end } = createFeed<WalletFeedEvent>(open, signal, () => {
        if (device) state.devices.delete(device);
        leave(userId, state);
      });
      try {
        await refresh(userId, state);
      } catch (error) {
        end();
        throw error;
      }
      return feed;
    },
  };
};

export type WalletFeed = ReturnType<typeof createWalletFeed>;
