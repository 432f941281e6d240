import type { UserSummary } from '@versbottomlex/shared';
import { describe, expect, it } from 'vitest';
import { GRACE_MS } from './crowd.js';
import { createPresenceRoom, NAMED_BELOW, type PresenceEvent } from './presence-room.js';

const summary = (id: string): UserSummary => ({
  id,
  username: id,
  displayName: id,
  avatarUrl: null,
  isVerified: false,
});
const viewer = (key: string) => ({ key, user: summary(key) });
const guest = (key: string) => ({ key, user: null });
const joined = (id: string) => ({ type: 'userJoined', user: summary(id) });
const left = (userId: string) => ({ type: 'userLeft', userId });
const count = (viewerCount: number, guestCount = 0) => ({ type: 'viewerCount', viewerCount, guestCount });

/** A room that is opened, alone in the world, with what it told. */
const openRoom = () => {
  const told: PresenceEvent[] = [];
  const room = createPresenceRoom(0, (event) => told.push(event));
  /** What was told since the last look. */
  const take = () => told.splice(0);
  return { room, take };
};
const openedRoom = () => {
  const opened = openRoom();
  opened.room.setElsewhere([], 0);
  return opened;
};
const users = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => viewer(`user-${from + index}`));

describe('joins and leaves', () => {
  it('are told at once, with the new number', () => {
    const { room, take } = openedRoom();
    room.enter(viewer('ava'), 0);
    expect(take()).toEqual([joined('ava'), count(1)]);
    room.leave(viewer('ava'), 2000);
    room.advance(2000 + GRACE_MS - 1);
    expect(take()).toEqual([]);
    room.advance(2000 + GRACE_MS);
    expect(take()).toEqual([left('ava'), count(0)]);
  });

  it('are not told of guests, who only count', () => {
    const { room, take } = openedRoom();
    room.enter(guest('guest:1'), 0);
    expect(take()).toEqual([count(1, 1)]);
  });

  it('are told below 50 viewers only, whoever makes the 50', () => {
    const { room, take } = openedRoom();
    const few = users(0, NAMED_BELOW - 1);
    for (const each of few) room.enter(each, 0);
    const names = () => take().filter(({ type }) => type !== 'viewerCount');
    expect(names()).toHaveLength(NAMED_BELOW - 1);
    room.enter(viewer('the 50th'), 0);
    room.enter(guest('guest:1'), 0);
    expect(names()).toEqual([]);
    room.leave(viewer('user-0'), 0);
    room.advance(GRACE_MS);
    expect(names()).toEqual([]);
    room.leave(viewer('user-1'), GRACE_MS);
    room.advance(2 * GRACE_MS);
    expect(names()).toEqual([left('user-1')]);
    room.leave(viewer('user-2'), 2 * GRACE_MS);
    room.advance(3 * GRACE_MS);
    room.enter(viewer('late'), 3 * GRACE_MS);
    expect(names()).toEqual([left('user-2'), joined('late')]);
  });

  it('of users elsewhere wait for their names, unless they are gone or nobody by then', () => {
    const { room, take } = openedRoom();
    const elsewhere = (...userIds: string[]) => room.setElsewhere([{ userIds, guestCount: 0 }], 5000);
    elsewhere('ava', 'ben', 'cleo');
    expect(take()).toEqual([count(3)]);
    expect(room.unnamed()).toEqual(['ava', 'ben', 'cleo']);
    elsewhere('ava', 'cleo');
    room.name(new Map([summary('ava'), summary('ben')].map((user) => [user.id, user])), [
      'ava',
      'ben',
      'cleo',
    ]);
    expect(take()).toEqual([joined('ava')]);
    expect(room.unnamed()).toEqual([]);
    elsewhere('cleo');
    expect(take()).toEqual([left('ava')]);
  });
});

describe('the number', () => {
  it('is told at once when a second is over, and at its end otherwise, the last one always', () => {
    const { room, take } = openedRoom();
    const counts = () => take().filter(({ type }) => type === 'viewerCount');
    room.enter(viewer('ava'), 0);
    room.enter(viewer('ben'), 10);
    room.enter(viewer('cleo'), 20);
    expect(counts()).toEqual([count(1)]);
    room.advance(999);
    expect(counts()).toEqual([]);
    room.advance(1000);
    expect(counts()).toEqual([count(3)]);
    room.advance(5000);
    room.enter(viewer('cleo'), 5000);
    expect(counts()).toEqual([]);
    room.enter(viewer('dan'), 5000);
    expect(counts()).toEqual([count(4)]);
  });

  it('is not told when it is what was told last', () => {
    const { room, take } = openedRoom();
    room.setElsewhere([{ userIds: ['ava'], guestCount: 0 }], 0);
    room.setElsewhere([], 500);
    room.setElsewhere([{ userIds: ['ben'], guestCount: 0 }], 900);
    room.advance(1500);
    expect(take().filter(({ type }) => type === 'viewerCount')).toEqual([count(1)]);
  });
});

describe('a room that opens', () => {
  it('tells nothing before it knows who watches elsewhere, and no join of who was there', () => {
    const { room, take } = openRoom();
    room.enter(viewer('ava'), 0);
    room.enter(viewer('ben'), 0);
    expect([take(), room.unnamed()]).toEqual([[], []]);
    room.setElsewhere([{ userIds: ['ava', 'cleo'], guestCount: 1 }], 100);
    expect(take()).toEqual([joined('ben'), count(4, 1)]);
    expect(room.unnamed()).toEqual([]);
  });

  it('waits a second for that, and still tells no join of who was there', () => {
    const { room, take } = openRoom();
    room.enter(viewer('ava'), 0);
    room.advance(999);
    expect(take()).toEqual([]);
    room.advance(1000);
    expect(take()).toEqual([joined('ava'), count(1)]);
    room.setElsewhere([{ userIds: ['cleo'], guestCount: 0 }], 9000);
    expect([take(), room.unnamed()]).toEqual([[count(2)], []]);
  });
});
