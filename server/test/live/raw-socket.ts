import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ErrorData } from '@versbottomlex/shared';
import { vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { socketUrl } from './live-client.js';

/** What the server sends: tRPC's messages, as far as tests look at them. */
export type Frame = {
  id: number | string | null;
  method?: string;
  result?: {
    type: 'started' | 'stopped' | 'data';
    id?: string;
    data?: unknown;
  };
  error?: { message: string; code: number; data: ErrorData };
};

export type RawSocket = {
  ws: WebSocket;
  /** Every frame of JSON so far. */
  frames: Frame[];
  /** Every frame that is no JSON, such as PONG. */
  texts: string[];
  /** How it was closed; resolves then. */
  closed: Promise<{ code: number; reason: string }>;
  /** Sends text as it is, and anything else as JSON. */
  send(frame: unknown): void;
  /** Sends a call and resolves with its answer. */
  call(
    method: 'query' | 'mutation' | 'subscription',
    path: string,
    input?: unknown,
    id?: number | string,
  ): Promise<Frame>;
  /** Resolves with the first frame that is as wanted. */
  frame(isWanted: (frame: Frame) => boolean): Promise<Frame>;
};

/** The events of feeds in these frames, by type. */
export const eventsOf = ({ frames }: Pick<RawSocket, 'frames'>, type: string): Frame[] =>
  frames.filter(({ result }) => (result?.data as { data?: { type?: string } })?.data?.type === type);

export type SocketOptions = ClientOptions & {
  /** Sent in the first frame; null for a guest who says so, absent for one who says nothing. */
  accessToken?: string | null;
  /** Instead of tRPC's own mark. */
  query?: string;
};

let lastId = 1000;

/** A socket without a client library. Resolves when it is open; rejects when the handshake is refused. */
export const openSocket = async (url: string, options: SocketOptions = {}): Promise<RawSocket> => {
  const { accessToken, query = accessToken === undefined ? '' : '?connectionParams=1', ...rest } = options;
  const ws = new WebSocket(`${socketUrl(url)}${query}`, { perMessageDeflate: false, ...rest });
  const frames: Frame[] = [];
  const texts: string[] = [];
  ws.on('message', (data: Buffer) => {
    const text = data.toString();
    if (text.startsWith('{')) frames.push(JSON.parse(text));
    else texts.push(text);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await once(ws, 'open');
  // What the server resets later is told by `closed`.
  ws.on('error', () => {});
  const send = (frame: unknown) => ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  if (accessToken !== undefined) {
    send({ method: 'connectionParams', data: accessToken === null ? null : { accessToken } });
  }
  const frame = (isWanted: (frame: Frame) => boolean) =>
    vi.waitFor(
      () => {
        const found = frames.find(isWanted);
        if (!found) throw new Error(`not among ${JSON.stringify(frames).slice(0, 2000)}`);
        return found;
      },
      { timeout: 5000, interval: 5 },
    );
  return {
    ws,
    frames,
    texts,
    closed,
    send,
    frame,
    call: (method, path, input, id) => {
      lastId += 1;
      const own = id ?? lastId;
      send({ id: own, method, params: { path, ...(input !== undefined && { input }) } });
      return frame((found) => found.id === own);
    },
  };
};

/** The status with which a handshake was refused, and the code in its body. */
export const refusalOf = async (
  url: string,
  options: SocketOptions = {},
): Promise<{ status: number; code: string | undefined; headers: Record<string, unknown> }> => {
  const { accessToken: _, query = '', ...rest } = options;
  const ws = new WebSocket(`${socketUrl(url)}${query}`, rest);
  const [, response] = await once(ws, 'unexpected-response');
  let body = '';
  for await (const chunk of response) body += chunk;
  const { error } = body === '' ? { error: undefined } : JSON.parse(body);
  return { status: response.statusCode, code: error?.data.appCode, headers: response.headers };
};

/** Bytes over TCP: what comes back as latin1 text, and whether the server has ended the connection. */
export const openBytes = async (url: string) => {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  let received = '';
  let isEnded = false;
  socket.on('data', (data) => {
    received += data.toString('latin1');
  });
  socket.on('error', () => {});
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      isEnded = true;
    });
  }
  await once(socket, 'connect');
  return { socket, received: () => received, isEnded: () => isEnded };
};

/** The head of a WebSocket handshake. */
export const handshake = (path: string, headers: Record<string, string> = {}): string =>
  [
    `GET ${path} HTTP/1.1`,
    ...Object.entries({
      Host: 'localhost',
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    }).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');
