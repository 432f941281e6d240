import type { RoomEvent } from '@versbottomlex/shared';
import type { FeedRequest } from './feed.js';

/** How tRPC begins a message of data that answers `request`, up to the event's id. */
export const messageHead = ({ id, jsonrpc }: FeedRequest): Buffer =>
  Buffer.from(
    `{"id":${JSON.stringify(id)},${jsonrpc ? '"jsonrpc":"2.0",' : ''}"result":{"type":"data","id":"`,
  );

/** The rest of such a message, from the event's id on: the same for every request. `eventId` needs no escaping. */
export const messageTail = (eventId: string, event: string): Buffer =>
  Buffer.from(`${eventId}","data":{"id":"${eventId}","data":${event}}}}`);

const anyHead = messageHead({ id: 0 });

/** The event of a tail that {@link messageTail} made. */
export const eventOfTail = (tail: Buffer): RoomEvent => {
  const message = JSON.parse(Buffer.concat([anyHead, tail]).toString()) as {
    result: { data: { data: RoomEvent } };
  };
  return message.result.data.data;
};
