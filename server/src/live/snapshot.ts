import type { Audience } from '@versbottomlex/shared';
import type { RoomState } from './room-state.js';

/** A snapshot up to its counts, which change more often than the room. */
export type SnapshotText = { head: string; peakViewerCount: number };

/** The stream comes last, and its counts last in it, so that the rest is written once for everybody who comes. */
export const toSnapshotText = ({ stream, ...room }: RoomState): SnapshotText => {
  const { viewerCount: _, peakViewerCount, ...rest } = stream;
  const head = JSON.stringify({ type: 'snapshot', ...room, stream: rest });
  return { head: head.slice(0, -2), peakViewerCount };
};

/** The whole snapshot, with who watches now, in the stream too. */
export const withAudience = (
  { head, peakViewerCount }: SnapshotText,
  { viewerCount, guestCount }: Audience,
): string => {
  const peak = Math.max(peakViewerCount, viewerCount);
  const inStream = `"viewerCount":${viewerCount},"peakViewerCount":${peak}`;
  return `${head},${inStream}},"viewerCount":${viewerCount},"guestCount":${guestCount}}`;
};
