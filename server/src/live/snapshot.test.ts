import { SnapshotEvent, type Stream } from '@versbottomlex/shared';
import { expect, it } from 'vitest';
import { toSnapshotText, withAudience } from './snapshot.js';

const aMoment = '2026-01-02T03:04:05.678Z';
const id = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
const stream: Stream = {
  id,
  performer: { id, username: 'ava_live', displayName: 'Ava "}"', avatarUrl: null, isVerified: true },
  title: 'Friday night piano',
  description: '',
  category: null,
  thumbnailUrl: null,
  tags: [],
  status: 'live',
  isPrivate: false,
  price: null,
  currency: 'USD',
  viewerCount: 3,
  peakViewerCount: 9,
  scheduledStartAt: null,
  startedAt: aMoment,
  endedAt: null,
  createdAt: aMoment,
  updatedAt: aMoment,
};
const modes = { slowModeSeconds: 0, isFollowersOnly: false, isTicketsOnly: false, areLinksAllowed: true };
const room = { stream, messages: [], pinnedMessage: null, modes, tipGoal: null };

const snapshotFor = (viewerCount: number) =>
  JSON.parse(withAudience(toSnapshotText(room), { viewerCount, guestCount: 2 }));

it('tells who watches now, in the stream too', () => {
  expect(snapshotFor(5)).toEqual({
    type: 'snapshot',
    ...room,
    stream: { ...stream, viewerCount: 5 },
    viewerCount: 5,
    guestCount: 2,
  });
  expect(SnapshotEvent.strict().safeParse(snapshotFor(5)).success).toBe(true);
});

it('knows a peak that the database has not heard of yet', () => {
  expect(snapshotFor(12).stream).toMatchObject({ viewerCount: 12, peakViewerCount: 12 });
});
