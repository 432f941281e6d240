import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure, expectSuccess } from '../answers.js';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { type SampleCall, sampleCalls } from '../sample-calls.js';
import { type CallOptions, callOver, type EveryCall, everyCall, type ProcedurePath } from '../transports.js';

let test: TestApp;
let given: Factories;
const samples = new Map<ProcedurePath, Promise<SampleCall>>();

beforeAll(async () => {
  test = await createTestApp();
  given = createFactories(test);
});
afterAll(() => test.close());

const withAccess = (...kinds: (string | undefined)[]) =>
  everyCall.filter(({ operation }) => kinds.includes(operation.meta.access));

/** A call that would succeed for its owner, made with other credentials. */
const call = async ({ transport, operation, path }: EveryCall, options: CallOptions) => {
  const sample = samples.get(path) ?? sampleCalls[path](given);
  samples.set(path, sample);
  return callOver(test.app, transport, operation, (await sample).input, options);
};

const bearer = (text: string): CallOptions => ({ headers: { authorization: text } });

describe.each(withAccess('signedIn', 'admin'))('$path over $transport', (each) => {
  it('is for its owner', async () => {
    const { owner, input } = await sampleCalls[each.path](given);
    const answer = await callOver(test.app, each.transport, each.operation, input, { as: owner });
    expectSuccess(each.operation, each.transport, answer);
  });

  it('answers 401 without credentials', async () => {
    expectFailure(each.transport, await call(each, {}), 'NOT_AUTHENTICATED');
  });
});

describe.each(withAccess('signedIn', 'admin', 'public'))('$path over $transport', (each) => {
  it('answers 401 for an expired token, which says so', async () => {
    const caller = await given.account();
    test.clock.advance(15 * 60);
    expectFailure(each.transport, await call(each, { as: caller }), 'ACCESS_TOKEN_EXPIRED');
  });

  it.each(['Bearer', 'Bearer ', 'Bearer no.token.either', 'Basic dXNlcjpwYXNz', 'Token x', ''])(
    'answers 401 for credentials that are no token: %j',
    async (text) => {
      expectFailure(each.transport, await call(each, bearer(text)), 'ACCESS_TOKEN_INVALID');
    },
  );

  it('answers 401 for a refresh token', async () => {
    const { refreshToken } = await given.account();
    expectFailure(each.transport, await call(each, bearer(`Bearer ${refreshToken}`)), 'ACCESS_TOKEN_INVALID');
  });

  it('answers 401 for a token whose session was ended', async () => {
    const caller = await given.account();
    const identity = await test.services.auth.authenticateAfresh(caller.accessToken);
    await test.services.auth.logout(identity, { scope: 'session' });
    expectFailure(each.transport, await call(each, { as: caller }), 'SESSION_REVOKED');
  });

  it('answers 401 for a token of a deleted account', async () => {
    const caller = await given.account();
    await given.deleted(caller);
    expectFailure(each.transport, await call(each, { as: caller }), 'SESSION_REVOKED');
  });

  it('answers 403 for a suspended account', async () => {
    const caller = await given.suspended();
    expectFailure(each.transport, await call(each, { as: caller }), 'ACCOUNT_SUSPENDED');
  });
});

describe.each(withAccess('open'))('$path over $transport', (each) => {
  it.each(['Bearer no.token.either', 'Basic dXNlcjpwYXNz'])(
    'does not look at credentials: %s',
    async (text) => {
      const { input } = await sampleCalls[each.path](given);
      const answer = await callOver(test.app, each.transport, each.operation, input, bearer(text));
      expectSuccess(each.operation, each.transport, answer);
    },
  );
});

it('knows what every procedure asks of its caller', () => {
  const known = withAccess('open', 'public', 'signedIn', 'admin');
  expect(everyCall.filter((each) => !known.includes(each)).map(({ path }) => path)).toEqual([]);
});
