import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Outlet } from '../platform/feed.js';
import { textFrame } from '../platform/websocket-frame.js';
import { UNSENT_BYTES_MAX } from './limits.js';

export type SocketOutlet = Outlet & { sendText(text: string): void };

/**
 * Writes frames to the connection below a WebSocket, which spares a copy and two writes a frame. That is safe because
 * nothing is compressed, so that ws writes each of its own frames whole and at once. `onSlow` is called instead of
 * writing when more than 1 MiB waits to be read.
 */
export const createOutlet = (ws: WebSocket, connection: Socket, onSlow: () => void): SocketOutlet => {
  const write = (frames: Buffer) => {
    if (ws.readyState !== WebSocket.OPEN) return;
    if (connection.writableLength > UNSENT_BYTES_MAX) onSlow();
    else connection.write(frames);
  };
  return { write, sendText: (text) => write(textFrame(Buffer.from(text))) };
};
