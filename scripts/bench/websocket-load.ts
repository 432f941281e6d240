import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const TEXT = 0x81;
const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;
const IS_MASKED = 0x80;
const SIZE = 0x7f;
const TWO_BYTES_FOLLOW = 126;
const EIGHT_BYTES_FOLLOW = 127;
const END_OF_HEAD = '\r\n\r\n';
const READ_BYTES = 256 * 1024;

/** All sockets read into the same memory, one after the other: a buffer for every read would cost more than the read. */
const memory = Buffer.allocUnsafeSlow(READ_BYTES);

export type WebSocketLoad = {
  /** Sends a text of at most 64 KiB. */
  send(text: string): void;
  /** Ends the connection without a word; `onLost` is not called. */
  close(): void;
};

export type WebSocketLoadOptions = {
  port: number;
  path: string;
  /** Each text frame's payload, `bytes` from `start` to `end`, which are overwritten afterwards. */
  onText(socket: WebSocketLoad, bytes: Buffer, start: number, end: number): void;
  /** The server ended the connection. */
  onLost(reason: string): void;
};

/** A masked frame. A mask of zeros (RFC 6455, 5.3, wants a random one) leaves the payload as it is. */
const toFrame = (head: number, payload: Buffer): Buffer => {
  const isShort = payload.length < TWO_BYTES_FOLLOW;
  const frame = Buffer.alloc((isShort ? 6 : 8) + payload.length);
  frame[0] = head;
  frame[1] = IS_MASKED | (isShort ? payload.length : TWO_BYTES_FOLLOW);
  if (!isShort) frame.writeUInt16BE(payload.length, 2);
  payload.copy(frame, frame.length - payload.length);
  return frame;
};

/**
 * A WebSocket client that costs little: it reads whole text frames, answers pings, and knows neither extensions nor
 * fragments. Resolves once the server has agreed to the upgrade.
 */
export const openWebSocket = (options: WebSocketLoadOptions): Promise<WebSocketLoad> =>
  new Promise((resolve, reject) => {
    const { port, path, onText } = options;
    let isOpen = false;
    let isClosing = false;
    /** What has been read of a frame, or of the answer's head, that is not complete. */
    let rest: Buffer | undefined;

    const lose = (reason: string) => {
      if (isClosing) return;
      isClosing = true;
      connection.destroy();
      if (isOpen) options.onLost(reason);
      else reject(new Error(`No WebSocket at ${path}: ${reason}`));
    };

    const takeFrame = (head: number, bytes: Buffer, start: number, end: number) => {
      if (head === TEXT) onText(socket, bytes, start, end);
      else if (head === PING) connection.write(toFrame(PONG, bytes.subarray(start, end)));
      else if (head === CLOSE) {
        const code = end - start >= 2 ? bytes.readUInt16BE(start) : 'none';
        lose(`The server closed with code ${code} ${bytes.toString('utf8', start + 2, end)}`);
      } else if (head !== PONG) lose(`A frame of kind ${head.toString(16)} came.`);
    };

    /** Takes all whole frames from `start` on; returns where the first incomplete one begins. */
    const takeFrames = (bytes: Buffer, start: number, end: number): number => {
      let at = start;
      while (at + 2 <= end && !isClosing) {
        let size = bytes.readUInt8(at + 1) & SIZE;
        let payload = at + 2;
        if (size === TWO_BYTES_FOLLOW) {
          payload += 2;
          if (payload > end) break;
          size = bytes.readUInt16BE(at + 2);
        } else if (size === EIGHT_BYTES_FOLLOW) {
          payload += 8;
          if (payload > end) break;
          size = Number(bytes.readBigUInt64BE(at + 2));
        }
        if (payload + size > end) break;
        takeFrame(bytes.readUInt8(at), bytes, payload, payload + size);
        at = payload + size;
      }
      return at;
    };

    /** Takes the answer to the upgrade; returns where the frames begin, 0 while it is incomplete. */
    const takeHead = (bytes: Buffer, end: number): number => {
      const head = bytes.toString('latin1', 0, end);
      const length = head.indexOf(END_OF_HEAD);
      if (length < 0) return 0;
      if (!head.startsWith('HTTP/1.1 101')) lose(head);
      else {
        isOpen = true;
        resolve(socket);
      }
      return length + END_OF_HEAD.length;
    };

    const read = (size: number): boolean => {
      const bytes = rest ? Buffer.concat([rest, memory.subarray(0, size)]) : memory;
      const end = rest ? bytes.length : size;
      const start = isOpen ? 0 : takeHead(bytes, end);
      const taken = isOpen ? takeFrames(bytes, start, end) : 0;
      rest = taken < end ? Buffer.from(bytes.subarray(taken, end)) : undefined;
      return true;
    };

    const connection = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: { buffer: memory, callback: read },
    });
    const socket: WebSocketLoad = {
      send: (text) => connection.write(toFrame(TEXT, Buffer.from(text))),
      close: () => {
        isClosing = true;
        connection.destroy();
      },
    };
    connection.once('error', (error) => lose(error.message));
    connection.once('close', () => lose('The connection ended.'));
    connection.write(
      [
        `GET ${path} HTTP/1.1`,
        `Host: 127.0.0.1:${port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        '',
        '',
      ].join('\r\n'),
    );
  });
