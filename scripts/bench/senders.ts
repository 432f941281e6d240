import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const END_OF_HEAD = '\r\n\r\n';
/** Shorter than any server waits for the next request. */
const IDLE_MS_MAX = 2000;

/** Where numbered messages are posted to. */
export type Target = {
  path: string;
  headers?: Record<string, string>;
  /** Headers of one message alone. */
  headersOf?(sequence: number): Record<string, string>;
  body(sequence: number): string;
};

export type Sender = {
  /** Posts a message and resolves at the answer. Throws unless it is a success. One at a time. */
  send(sequence: number): Promise<void>;
  close(): void;
};

const answerOf = (text: string): { isSuccess: boolean } | undefined => {
  const headLength = text.indexOf(END_OF_HEAD);
  if (headLength < 0) return undefined;
  const bodyLength = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
  if (text.length < headLength + END_OF_HEAD.length + bodyLength) return undefined;
  return { isSuccess: /^HTTP\/1.1 2\d\d/.test(text) };
};

/** A connection that posts, and costs the load less than `fetch` does; opened anew after a pause, in which the server may end it. */
export const openSender = (url: string, target: Target): Sender => {
  const { hostname, port, host } = new URL(url);
  const linesOf = (headers: Record<string, string> = {}) =>
    Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [
    `POST ${target.path} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    ...linesOf(target.headers),
  ];
  const headOf = (sequence: number, length: number) =>
    [...head, ...linesOf(target.headersOf?.(sequence)), `Content-Length: ${length}`].join('\r\n');

  let received = '';
  let settle = (_error?: Error) => {};
  const open = (): Socket => {
    const opened = connect({ host: hostname, port: Number(port), noDelay: true }).setEncoding('latin1');
    opened.on('close', () => {
      if (opened === connection) settle(new Error(`${url} ended the connection.`));
    });
    opened.on('data', (text: string) => {
      received += text;
      const answer = answerOf(received);
      if (!answer) return;
      settle(answer.isSuccess ? undefined : new Error(`POST ${target.path} was refused: ${received}`));
      received = '';
    });
    opened.on('error', (error) => settle(error));
    return opened;
  };
  let connection: Socket | undefined;
  let usedAt = 0;

  return {
    send: (sequence) =>
      new Promise((resolve, reject) => {
        settle = (error) => (error ? reject(error) : resolve());
        if (!connection || performance.now() - usedAt > IDLE_MS_MAX) {
          connection?.destroy();
          connection = open();
        }
        usedAt = performance.now();
        const body = target.body(sequence);
        connection.write(`${headOf(sequence, Buffer.byteLength(body))}${END_OF_HEAD}${body}`);
      }),
    close: () => connection?.destroy(),
  };
};

/** Numbers every message of a run differently, so that an old one is never taken for a new one. */
export const createNumbers = () => {
  let last = 0;
  return () => {
    last += 1;
    return last;
  };
};

export type SendOptions = {
  senders: Sender[];
  next: () => number;
  seconds: number;
  /** Called with each number when it is its turn. */
  onSend: (sequence: number) => void;
};

/** What the senders did. */
export type Sent = { count: number; answerMs: number[] };

const timed = async (sender: Sender, sequence: number, answerMs: number[]) => {
  const sentAt = performance.now();
  await sender.send(sequence);
  answerMs.push(performance.now() - sentAt);
};

/** Every sender sends its next message as soon as the last one is answered. */
export const sendAtOnce = async ({ senders, next, seconds, onSend }: SendOptions): Promise<Sent> => {
  const answerMs: number[] = [];
  const endsAt = performance.now() + seconds * 1000;
  await Promise.all(
    senders.map(async (sender) => {
      while (performance.now() < endsAt) {
        const sequence = next();
        onSend(sequence);
        await timed(sender, sequence, answerMs);
      }
    }),
  );
  return { count: answerMs.length, answerMs };
};

/** Sends at an even rate. A message whose turn comes while all senders wait for answers is sent by the first that is free. */
export const sendPaced = async (options: SendOptions & { perSecond: number }): Promise<Sent> => {
  const { senders, next, seconds, onSend, perSecond } = options;
  const count = Math.max(1, Math.round(seconds * perSecond));
  const answerMs: number[] = [];
  const free = [...senders];
  const due: number[] = [];
  const sending: Promise<void>[] = [];
  const failures: Error[] = [];
  const useSender = async (sender: Sender) => {
    for (let sequence = due.shift(); sequence !== undefined; sequence = due.shift()) {
      await timed(sender, sequence, answerMs);
    }
    free.push(sender);
  };
  const startedAt = performance.now();
  for (let index = 0; index < count; index += 1) {
    const waitMs = startedAt + (index * 1000) / perSecond - performance.now();
    if (waitMs > 0) await delay(waitMs);
    const sequence = next();
    onSend(sequence);
    due.push(sequence);
    // The one used last, whose connection is warm.
    const sender = free.pop();
    if (sender) sending.push(useSender(sender).catch((error: Error) => void failures.push(error)));
  }
  await Promise.all(sending);
  if (failures[0]) throw failures[0];
  return { count, answerMs };
};
