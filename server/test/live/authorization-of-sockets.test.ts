import { TRPCClientError } from '@trpc/client';
import type { ErrorCode, SignedIn } from '@versbottomlex/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import type { SocketPath } from '../transports.js';
import { createLiveClient, type LiveClient } from './live-client.js';

const callers = {
  anonymous: async () => undefined,
  other: (given) => given.account(),
  owner: async (_given, owner) => owner,
  moderator: (given, owner) => given.moderatorOf(owner),
  performer: (given) => given.performer(),
  admin: (given) => given.admin(),
} satisfies Record<string, (given: Factories, owner: SignedIn) => Promise<SignedIn | undefined>>;

type Caller = keyof typeof callers;
type Outcome = 'ok' | ErrorCode;
type Row = Record<Caller, Outcome>;

const anyone: Row = {
  anonymous: 'ok',
  other: 'ok',
  owner: 'ok',
  moderator: 'ok',
  performer: 'ok',
  admin: 'ok',
};
/** As for `streams.get`, which a private stream stands for here. */
const admitted: Row = {
  ...anyone,
  anonymous: 'ACCESS_REQUIRED',
  other: 'ACCESS_REQUIRED',
  moderator: 'ACCESS_REQUIRED',
  performer: 'ACCESS_REQUIRED',
};

/** Who may use what over a socket, beyond what HTTP serves. A suspended account gets no socket at all. */
const matrix: Record<SocketPath, Row> = {
  'auth.renewSocket': anyone,
  'streams.onEvent': admitted,
  'streams.onDirectory': anyone,
  'chat.onMessage': admitted,
  'payments.onTip': admitted,
  'payments.onWallet': { ...anyone, anonymous: 'NOT_AUTHENTICATED' },
  'presence.onChange': admitted,
};

const outcomeOf = (error: unknown): Outcome =>
  error instanceof TRPCClientError ? error.data.appCode : 'INTERNAL_ERROR';

/** Resolves at the first event, or with the code of the failure. */
const firstOutcome = (
  subscribe: (handlers: { onData: () => void; onError: (error: unknown) => void }) => unknown,
): Promise<Outcome> =>
  new Promise((resolve) => {
    subscribe({ onData: () => resolve('ok'), onError: (error) => resolve(outcomeOf(error)) });
  });

let test: TestApp;
let given: Factories;
let url: string;

beforeAll(async () => {
  test = await createTestApp({ environment: { RATE_LIMIT_HANDSHAKES_PER_MINUTE: '1000' } });
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  given = createFactories(test);
});
afterAll(() => test.close());

/** What each procedure does over the socket of `api`, for whom `as` is. */
const uses: Record<
  SocketPath,
  (api: LiveClient['api'], input: { streamId: string; as: SignedIn }) => Promise<Outcome>
> = {
  'auth.renewSocket': (api, { as }) =>
    api.auth.renewSocket.mutate({ accessToken: as.accessToken }).then(() => 'ok' as const, outcomeOf),
  'streams.onEvent': (api, { streamId }) =>
    firstOutcome((handlers) => api.streams.onEvent.subscribe({ streamId }, handlers)),
  'streams.onDirectory': (api) =>
    firstOutcome((handlers) => api.streams.onDirectory.subscribe(undefined, handlers)),
  'chat.onMessage': (api, { streamId }) =>
    firstOutcome((handlers) => api.chat.onMessage.subscribe({ streamId }, handlers)),
  'payments.onTip': (api, { streamId }) =>
    firstOutcome((handlers) => api.payments.onTip.subscribe({ streamId }, handlers)),
  'payments.onWallet': (api) =>
    firstOutcome((handlers) => api.payments.onWallet.subscribe(undefined, handlers)),
  'presence.onChange': (api, { streamId }) =>
    firstOutcome((handlers) => api.presence.onChange.subscribe({ streamId }, handlers)),
};

describe.each(Object.entries(matrix) as [SocketPath, Row][])('%s', (path, row) => {
  it.each(Object.entries(row) as [Caller, Outcome][])('for %s is %s', async (caller, expected) => {
    const owner = await given.performer();
    const { id: streamId } = await given.stream(owner, { isPrivate: true, price: 500 });
    const as = await callers[caller](given, owner);
    const client = createLiveClient(url, as?.accessToken);
    const outcome = await uses[path](client.api, { streamId, as: as ?? (await given.account()) });
    await client.close();
    expect(outcome).toBe(expected);
  });

  it('is nothing that HTTP serves', async () => {
    const response = await test.app.inject({
      method: 'POST',
      url: `/trpc/${path}`,
      payload: { accessToken: 'x' },
    });
    expect([400, 405]).toContain(response.statusCode);
  });
});
