import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createFuzzer } from './fuzz.js';
import { MAIL_DOMAIN, PLANTED } from './known-things.js';
import { leakIn } from './leaks.js';

const document = {
  paths: {
    '/api/things': {
      get: { parameters: [{ in: 'query', name: 'fails', schema: { type: 'string', enum: ['no', 'yes'] } }] },
    },
  },
  components: { schemas: {} },
};

/** A server that registers everybody, and then fails and tells as it is asked to. */
const startBroken = async (answerOf: (url: string) => [status: number, text: string] | null) => {
  const signedIn = { user: { id: '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11', username: 'x' }, accessToken: 'x' };
  const server = createServer((request, response) => {
    const isSetUp = request.url?.startsWith('/api/things') !== true;
    const answer = isSetUp ? ([201, JSON.stringify(signedIn)] as const) : answerOf(request.url ?? '');
    if (!answer) return request.socket.destroy();
    response.writeHead(answer[0]).end(answer[1]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server.close() };
};

it.each([
  ['a fault', 'fault', (): [number, string] => [500, '{}']],
  ['a planted secret', 'leak', (): [number, string] => [200, `{"key":"${PLANTED}access"}`]],
  ['an address', 'leak', (): [number, string] => [200, `{"email":"a@${MAIL_DOMAIN}"}`]],
  ['a stack', 'leak', (): [number, string] => [400, 'at run (/srv/app.js:1)']],
  ['no answer', 'silence', () => null],
])('%s is found, with what was sent', async (_name, kind, answerOf) => {
  const broken = await startBroken(answerOf);
  const fuzzer = createFuzzer({ url: broken.url, seed: 1, document, promote: async () => {}, senders: 1 });
  await fuzzer.requests(3);
  expect(fuzzer.findings.map((finding) => finding.kind)).toEqual([kind, kind, kind]);
  expect(fuzzer.findings[0]?.sent).toMatchObject({ method: 'GET', template: '/api/things' });
  fuzzer.close();
  broken.close();
});

it('sends the same again for the same seed', async () => {
  const runs = await Promise.all(
    [7, 7, 8].map(async (seed) => {
      const asked: string[] = [];
      const server = await startBroken((url) => {
        asked.push(url);
        return [200, '{}'];
      });
      const fuzzer = createFuzzer({ url: server.url, seed, document, promote: async () => {}, senders: 1 });
      await fuzzer.requests(50);
      fuzzer.close();
      server.close();
      return asked;
    }),
  );
  expect(runs[0]).toEqual(runs[1]);
  expect(runs[0]).not.toEqual(runs[2]);
});

it('an address is told to its owner, and a password to nobody', () => {
  expect(leakIn(`a@${MAIL_DOMAIN}`, { mayTellAddress: true })).toBeUndefined();
  expect(leakIn(`${PLANTED}password`, { mayTellAddress: true })).toBeDefined();
});
