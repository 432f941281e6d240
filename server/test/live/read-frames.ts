import type { FeedRequest, Outlet } from '../../src/platform/feed.js';

/** The payloads of the text frames that a server wrote, each read as JSON. */
export const readFrames = (bytes: Buffer): unknown[] => {
  const payloads: unknown[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const short = bytes.readUInt8(offset + 1);
    const size = short === 126 ? 2 : short === 127 ? 8 : 0;
    const start = offset + 2 + size;
    const length =
      size === 0
        ? short
        : size === 2
          ? bytes.readUInt16BE(offset + 2)
          : Number(bytes.readBigUInt64BE(offset + 2));
    payloads.push(JSON.parse(bytes.subarray(start, start + length).toString()));
    offset = start + length;
  }
  return payloads;
};

/** An event as a client receives it, with the request that it answers. */
export type Received = {
  request: FeedRequest;
  id: string;
  event: { type: string } & Record<string, unknown>;
};

type Message = FeedRequest & { result: { id: string; data: { id: string; data: Received['event'] } } };

/** An outlet that keeps what is written to it. */
export const createKeptOutlet = (): { outlet: Outlet; received: Received[] } => {
  const received: Received[] = [];
  return {
    received,
    outlet: {
      write: (frames) => {
        for (const { result, ...request } of readFrames(frames) as Message[]) {
          received.push({ request, id: result.id, event: result.data.data });
        }
      },
    },
  };
};
