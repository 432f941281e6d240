import type { EventKind } from '@versbottomlex/shared';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createKeptOutlet } from '../../test/live/read-frames.js';
import type { FeedRequest, Outlet } from '../platform/feed.js';
import { createFanOut, type Member } from './fan-out.js';
import { toItem } from './recent-events.js';
import { wantsOf } from './room-state.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const eventAt = (seq: number) => toItem({ type: 'viewerRestored', userId: `user-${seq}` }, { epoch: 1, seq });
const countAt = (seq: number) =>
  toItem({ type: 'viewerCount', viewerCount: seq, guestCount: 0 }, { epoch: 1, seq });

const memberWith = (request: FeedRequest, kinds?: readonly EventKind[]) => {
  const { outlet, received } = createKeptOutlet();
  let writes = 0;
  const counted: Outlet = {
    write: (frames) => {
      writes += 1;
      outlet.write(frames);
    },
  };
  const member: Member = { outlet: counted, request, wants: wantsOf(kinds) };
  return { member, received, writes: () => writes, ids: () => received.map(({ id }) => id) };
};

it('tells a quiet room at once, and a busy one together after at most 40 ms', () => {
  const fanOut = createFanOut();
  const viewer = memberWith({ id: 1 });
  fanOut.add(viewer.member);
  fanOut.publish(eventAt(1));
  expect(viewer.ids()).toEqual(['1:1']);
  fanOut.publish(eventAt(2));
  fanOut.publish(eventAt(3));
  vi.advanceTimersByTime(39);
  expect(viewer.ids()).toEqual(['1:1']);
  vi.advanceTimersByTime(1);
  expect(viewer.ids()).toEqual(['1:1', '1:2', '1:3']);
  expect(viewer.writes()).toBe(2);
  vi.advanceTimersByTime(40);
  fanOut.publish(eventAt(4));
  expect(viewer.ids()).toHaveLength(4);
});

it('does not wait for the end of the window with eight events', () => {
  const fanOut = createFanOut();
  const viewer = memberWith({ id: 1 });
  fanOut.add(viewer.member);
  for (let seq = 1; seq <= 9; seq += 1) fanOut.publish(eventAt(seq));
  expect(viewer.ids()).toHaveLength(9);
  expect(viewer.writes()).toBe(2);
});

it('tells each request under its own id, and each feed what it wants', () => {
  const fanOut = createFanOut();
  const members = [
    memberWith({ id: 1 }),
    memberWith({ id: 1 }),
    memberWith({ id: '1' }),
    memberWith({ id: 1, jsonrpc: '2.0' }),
    memberWith({ id: 1 }, ['presence']),
    memberWith({ id: 1 }, ['tips']),
  ];
  for (const { member } of members) fanOut.add(member);
  fanOut.publish(eventAt(1));
  fanOut.publish(countAt(1));
  vi.advanceTimersByTime(40);
  expect(members.map(({ received }) => received.map(({ request }) => request))).toEqual([
    [{ id: 1 }, { id: 1 }],
    [{ id: 1 }, { id: 1 }],
    [{ id: '1' }, { id: '1' }],
    [
      { id: 1, jsonrpc: '2.0' },
      { id: 1, jsonrpc: '2.0' },
    ],
    [{ id: 1 }],
    [],
  ]);
});

it('lets whoever joins in a window begin after what was published before', () => {
  const fanOut = createFanOut();
  const [early, late] = [memberWith({ id: 1 }), memberWith({ id: 1 })];
  fanOut.add(early.member);
  fanOut.publish(eventAt(1));
  fanOut.publish(eventAt(2));
  fanOut.whenWritten(() => {
    fanOut.writeTo(late.member, [countAt(2)]);
    fanOut.add(late.member);
  });
  expect(late.ids()).toEqual([]);
  fanOut.publish(eventAt(3));
  vi.advanceTimersByTime(40);
  fanOut.publish(eventAt(4));
  vi.advanceTimersByTime(40);
  expect(early.ids()).toEqual(['1:1', '1:2', '1:3', '1:4']);
  expect(late.ids()).toEqual(['1:2', '1:4']);
});

it('goes on for the others when one leaves while it is written to, or has left in a window', () => {
  const fanOut = createFanOut();
  const others = [memberWith({ id: 1 }), memberWith({ id: 1 })];
  const leaving = memberWith({ id: 1 });
  const cut: Member = { ...leaving.member, outlet: { write: () => fanOut.remove(cut) } };
  const gone = memberWith({ id: 1 });
  for (const member of [cut, gone.member, ...others.map((other) => other.member)]) fanOut.add(member);
  fanOut.publish(eventAt(1));
  fanOut.publish(eventAt(2));
  fanOut.remove(gone.member);
  fanOut.remove(gone.member);
  vi.advanceTimersByTime(40);
  expect(others.map((other) => other.ids())).toEqual([
    ['1:1', '1:2'],
    ['1:1', '1:2'],
  ]);
  expect(gone.ids()).toEqual(['1:1']);
});

it('has no timer once the room is quiet, or closed', () => {
  const fanOut = createFanOut();
  fanOut.publish(eventAt(1));
  fanOut.publish(eventAt(2));
  vi.advanceTimersByTime(80);
  expect(vi.getTimerCount()).toBe(0);
  fanOut.publish(eventAt(3));
  fanOut.close();
  expect(vi.getTimerCount()).toBe(0);
});
