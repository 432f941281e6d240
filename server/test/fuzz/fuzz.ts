import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type Actor, createActor, type Promote, type Role } from './actors.js';
import { createFrames, type FuzzedProcedure } from './frames.js';
import { createKnownThings } from './known-things.js';
import { leakIn } from './leaks.js';
import { createRandom } from './random.js';
import { createRequests, type Document, type FuzzRequest } from './requests.js';
import { createSender } from './send.js';

/** What must not be: a fault of the server, no answer, or a secret told; with all that is needed to do it again. */
export type Finding = { kind: 'fault' | 'silence' | 'leak'; detail: string; sent: unknown };

export type Fuzzed = { sent: number; statuses: Record<string, number>; findings: Finding[] };

export type FuzzOptions = {
  url: string;
  seed: number;
  document: Document;
  promote: Promote;
  /** How many send at once. */
  senders: number;
};

const ROLES: Role[] = ['guest', 'viewer', 'viewer', 'performer', 'performer', 'admin'];
const FINDINGS_MAX = 20;
/** Below what a socket may send at once. */
const FRAMES_A_SOCKET = 50;
const SOCKET_PATIENCE_MS = 20_000;

const isAboutAccounts = (path: string): boolean => path.startsWith('/api/auth/') || path.startsWith('auth.');

const count = (statuses: Record<string, number>, status: string): void => {
  statuses[status] = (statuses[status] ?? 0) + 1;
};

/**
 * Sends generated requests and frames to a server. What each sender sends follows from the seed and from the answers
 * that it got, so that a run on a fresh database is much the same each time.
 */
export const createFuzzer = ({ url, seed, document, promote, senders }: FuzzOptions) => {
  const things = createKnownThings();
  const sender = createSender(url, senders);
  const findings: Finding[] = [];
  const find = (finding: Finding): void => {
    if (findings.length < FINDINGS_MAX) findings.push(finding);
  };

  const judge = (request: FuzzRequest, status: number, text: string): void => {
    if (status >= 500) find({ kind: 'fault', detail: `${status} ${text.slice(0, 500)}`, sent: request });
    const leak = leakIn(text, { mayTellAddress: isAboutAccounts(request.template) });
    if (leak !== undefined) find({ kind: 'leak', detail: leak, sent: request });
  };

  const newcomers = async (number: number): Promise<Actor[]> => {
    const random = createRandom(seed + 1000 * number);
    const actors = ROLES.map((role) => createActor(role, { sender, random, things, promote }));
    for (const actor of actors) await actor.renew();
    return actors;
  };

  /** One sender: requests one after the other, each as one of its actors. */
  const sendSome = async (
    amount: number,
    number: number,
    statuses: Record<string, number>,
  ): Promise<void> => {
    const random = createRandom(seed + number);
    const makeRequest = createRequests(document, random, things);
    const actors = await newcomers(number);
    for (let sent = 0; sent < amount; sent += 1) {
      const made = makeRequest();
      const actor = random.pick(actors);
      const isSignedIn = actor.token !== undefined && made.headers.authorization === undefined;
      const headers = isSignedIn ? { ...made.headers, authorization: `Bearer ${actor.token}` } : made.headers;
      try {
        const { status, text } = await sender.send({ ...made, headers });
        count(statuses, String(status));
        judge(made, status, text);
        if (status < 300) things.learn(made.template, text);
        if (isSignedIn && /"(SESSION_REVOKED|ACCOUNT_SUSPENDED|ACCESS_TOKEN_EXPIRED)"/.test(text))
          await actor.renew();
      } catch (error) {
        find({ kind: 'silence', detail: String(error), sent: made });
      }
    }
  };

  /** One socket: its frames, and a call after them, whose answer says that they were read. */
  const sendFrames = async (frames: string[], token: string | undefined): Promise<void> => {
    const mark = token === undefined ? '' : '?connectionParams=1';
    const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc${mark}`, { perMessageDeflate: false });
    const told: string[] = [];
    const read = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const text = data.toString();
        told.push(text);
        if (text.includes('"the last call"')) resolve();
      });
      socket.on('close', () => resolve());
      socket.on('error', () => resolve());
    });
    await once(socket, 'open');
    if (token !== undefined) {
      socket.send(JSON.stringify({ method: 'connectionParams', data: { accessToken: token } }));
    }
    for (const frame of frames) if (socket.readyState === WebSocket.OPEN) socket.send(frame);
    const last = { id: 'the last call', method: 'query', params: { path: 'streams.list', input: {} } };
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(last));
    const timer = setTimeout(() => {
      find({ kind: 'silence', detail: 'the last call of a socket was not answered', sent: frames });
      socket.terminate();
    }, SOCKET_PATIENCE_MS);
    await read;
    clearTimeout(timer);
    socket.terminate();
    for (const text of told) {
      if (/"httpStatus":5\d\d/.test(text)) find({ kind: 'fault', detail: text.slice(0, 500), sent: frames });
      const leak = leakIn(text, { mayTellAddress: true });
      if (leak !== undefined) find({ kind: 'leak', detail: leak, sent: frames });
    }
  };

  return {
    findings,
    /** Sends `amount` requests in all, and counts the answers by status. */
    requests: async (amount: number, round = 0): Promise<Record<string, number>> => {
      const statuses: Record<string, number> = {};
      const share = Math.ceil(amount / senders);
      await Promise.all(
        Array.from({ length: senders }, (_, number) => sendSome(share, round * senders + number, statuses)),
      );
      return statuses;
    },
    /** Sends `amount` frames in all, on sockets of guests and of accounts. */
    frames: async (amount: number, procedures: FuzzedProcedure[], round = 0): Promise<void> => {
      const share = Math.ceil(amount / senders / FRAMES_A_SOCKET);
      await Promise.all(
        Array.from({ length: senders }, async (_, sending) => {
          const number = round * senders + sending;
          const random = createRandom(seed + 7_000_000 + number);
          const makeFrame = createFrames(document, procedures, random, things);
          const actors = await newcomers(7_000 + number);
          for (let socket = 0; socket < share; socket += 1) {
            const frames = Array.from({ length: FRAMES_A_SOCKET }, makeFrame);
            await sendFrames(frames, random.pick(actors).token);
          }
        }),
      );
    },
    close: () => sender.close(),
  };
};
