import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandboxProvider } from '../../src/top-ups/providers/sandbox.js';
import { expectFailure } from '../answers.js';
import { createFactories, PASSWORD } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { type SampleCall, sampleCalls } from '../sample-calls.js';
import { callOver, type EveryCall, everyCall, type ProcedurePath } from '../transports.js';

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://elsewhere',
  PUBLIC_URL: 'https://api.example.com',
  JWT_ACCESS_SECRET: 'kTz0mQw8vR4yHs1dLb6nXc3pJf9gUe2a',
  JWT_REFRESH_SECRET: 'a2eUg9fJp3cXn6bLd1sHy4Rv8wQm0zTk',
  CSRF_SECRET: 'Xn6bLd1sHy4Rv8wQm0zTka2eUg9fJp3c',
  ENCRYPTION_SECRET: 'Rv8wQm0zTka2eUg9fJp3cXn6bLd1sHy4',
};

/** All that the database has a part in; options for a login with a passkey are made of nothing that is stored. */
const storedCalls = everyCall.filter(({ path }) => path !== 'auth.beginPasskeyLogin');

/** Prepares calls that would succeed, and then breaks what all of them need. */
const openBroken = async (
  environment: Record<string, string>,
  breakIt: (test: TestApp) => Promise<unknown>,
) => {
  // Production takes no money of the sandbox by itself; here it stands for whichever provider is set up.
  const test = await createTestApp({ environment, provider: createSandboxProvider });
  const given = createFactories(test);
  const samples = {} as Record<ProcedurePath, SampleCall>;
  for (const path of Object.keys(sampleCalls) as ProcedurePath[])
    samples[path] = await sampleCalls[path](given);
  await breakIt(test);
  const call = ({ transport, operation, path }: EveryCall) => {
    const { owner, input } = samples[path];
    return callOver(test.app, transport, operation, input, { as: owner });
  };
  const linesOf = (requestId: string | undefined) =>
    test.logs.filter(({ level, data }) => {
      const { requestId: id } = (data ?? {}) as { requestId?: string };
      return level === 'ERROR' && id === requestId;
    });
  return { test, call, linesOf };
};
type Broken = Awaited<ReturnType<typeof openBroken>>;

/** From here on every statement is refused by PostgreSQL, which is a fault of ours. */
const dropTables = async ({ databaseUrl }: TestApp) => {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  await sql`drop schema public cascade`;
  await sql.end();
};

/** What would give away statements, values or files. */
const INSIDES =
  /\b(select|insert|update|delete|from|where|relation|SQLSTATE|42P01)\b|\.ts\b|node_modules|\bat \S+ \(/;

describe('in production, with a fault of ours', () => {
  let broken: Broken;

  beforeAll(async () => {
    broken = await openBroken(production, dropTables);
  });
  afterAll(() => broken.test.close());

  it.each(storedCalls)('$path over $transport answers 500 with a constant text', async (each) => {
    const answer = await broken.call(each);
    expectFailure(each.transport, answer, 'INTERNAL_ERROR');
    expect(answer.failure).toMatchObject({ detail: 'Something went wrong', debug: undefined });
    expect(answer.text.replace(each.path, '')).not.toMatch(INSIDES);
  });

  it.each(storedCalls)('$path over $transport logs one line, without statement or values', async (each) => {
    const { failure } = await broken.call(each);
    const lines = broken.linesOf(failure?.requestId);
    expect(lines.map(({ message }) => message)).toEqual(['Request failed']);
    expect(lines[0]?.data).toEqual({
      requestId: failure?.requestId,
      path: each.path,
      code: 'INTERNAL_ERROR',
      status: 500,
      stack: expect.stringMatching(/^DatabaseError: statement failed with SQLSTATE \w{5}\n +at /),
    });
    expect(JSON.stringify(lines)).not.toMatch(/\$1|example\.com|person_|eyJ/i);
  });

  it('logs no password and no token, whatever was called', () => {
    const logged = JSON.stringify(broken.test.logs);
    expect(logged).not.toContain(PASSWORD);
    expect(logged).not.toMatch(/eyJ|bearer/i);
  });
});

describe('in development, with a fault of ours', () => {
  let broken: Broken;

  beforeAll(async () => {
    broken = await openBroken({ NODE_ENV: 'development' }, dropTables);
  });
  afterAll(() => broken.test.close());

  it.each(storedCalls)(
    '$path over $transport shows message and stack, without statement or values',
    async (each) => {
      const { status, failure } = await broken.call(each);
      expect([status, failure?.code, failure?.detail]).toEqual([
        500,
        'INTERNAL_ERROR',
        'Something went wrong',
      ]);
      expect(failure?.debug).toEqual({
        message: expect.stringMatching(/^statement failed with SQLSTATE \w{5}$/),
        stack: expect.stringContaining('.ts'),
      });
      expect(failure?.debug?.stack).not.toMatch(/\$1|example\.com|person_/i);
    },
  );
});

describe('while the database is away', () => {
  let broken: Broken;

  beforeAll(async () => {
    broken = await openBroken({}, ({ database }) => database.close());
  });
  afterAll(() => broken.test.close());

  it.each(storedCalls)('$path over $transport answers 503 with Retry-After', async (each) => {
    expectFailure(each.transport, await broken.call(each), 'DEPENDENCY_UNAVAILABLE');
  });

  it('is not ready, and says when to ask again', async () => {
    const { statusCode, headers } = await broken.test.app.inject('/health/ready');
    expect([statusCode, Number(headers['retry-after']) > 0]).toEqual([503, true]);
  });

  it('is alive', async () => {
    expect((await broken.test.app.inject('/health/live')).statusCode).toBe(200);
  });
});
