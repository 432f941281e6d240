import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Fields = Record<string, unknown>;
type Answer = { status: number; body: Fields };

const read = async (request: IncomingMessage): Promise<URLSearchParams> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return new URLSearchParams(text);
};

const error = (status: number, type: string, code: string): Answer => ({
  status,
  body: { error: { type, code, message: 'No.' } },
});

/**
 * The part of Stripe's API that we call, on a port of this machine: it takes form-encoded requests, and answers one with a
 * known idempotency key as the first time. `next` is what becomes of the next request instead.
 */
export const startFakeStripe = async () => {
  const known = new Map<string, Answer>();
  const objects: Fields[] = [];
  const requests: { path: string; key: string; form: Record<string, string> }[] = [];
  const fake = {
    /** `lost`: it is done, and its answer does not arrive; `silent`: it is never answered. */
    next: undefined as 'lost' | 'silent' | Answer | undefined,
    /** Of refunds. */
    refundStatus: 'succeeded',
    requests,
    objects,
    error,
    server: { host: '127.0.0.1', port: 0, protocol: 'http' as const },
    close: async (): Promise<void> => {},
  };

  const make = (path: string, form: URLSearchParams): Fields => {
    const place = objects.length + 1;
    const common = {
      amount: Number(form.get('amount')),
      currency: form.get('currency') ?? 'usd',
      metadata: { paymentId: form.get('metadata[paymentId]') },
    };
    const made: Fields =
      path === '/v1/refunds'
        ? {
            id: `re_${place}`,
            object: 'refund',
            status: fake.refundStatus,
            payment_intent: form.get('payment_intent'),
            ...common,
          }
        : {
            id: `pi_${place}`,
            object: 'payment_intent',
            status: 'requires_payment_method',
            client_secret: `pi_${place}_secret`,
            ...common,
          };
    objects.push(made);
    return made;
  };

  const answerOf = (request: IncomingMessage, path: string, form: URLSearchParams): Answer => {
    if (request.method === 'GET') {
      return {
        status: 200,
        body: { object: 'list', data: objects.filter(({ object }) => object === 'refund') },
      };
    }
    const key = String(request.headers['idempotency-key']);
    requests.push({ path, key, form: Object.fromEntries(form) });
    const answer = known.get(key) ?? { status: 200, body: make(path, form) };
    known.set(key, answer);
    return answer;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = await read(request);
    const { next } = fake;
    fake.next = undefined;
    if (next === 'silent') return;
    const answer =
      typeof next === 'object' ? next : answerOf(request, request.url?.split('?')[0] ?? '', form);
    if (next === 'lost') {
      request.socket.destroy();
      return;
    }
    response
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer.body));
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.server.port = (server.address() as AddressInfo).port;
  fake.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return fake;
};

export type FakeStripe = Awaited<ReturnType<typeof startFakeStripe>>;
