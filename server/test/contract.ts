import { type ErrorCode, errorCodes } from '@versbottomlex/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../src/platform/app-error.js';
import type { PasswordHasher } from '../src/platform/password-hasher.js';
import { expectFailure, expectSuccess } from './answers.js';
import { createFactories, type Factories } from './factories.js';
import { createTestApp, fakePasswords, type TestApp } from './harness.js';
import {
  type Answer,
  type CallOptions,
  callOver,
  type Failure,
  type OutputOf,
  operationOf,
  type ProcedurePath,
  transports,
} from './transports.js';

type Fields = Record<string, unknown>;

/** What a case has to work with: an application, things in it, and the call under test over one transport. */
export type Scene<Path extends ProcedurePath> = {
  call(input?: Fields, options?: CallOptions): Promise<Answer<OutputOf<Path>>>;
  given: Factories;
  test: TestApp;
  /** Runs `work` while more passwords wait to be hashed than the server takes on. */
  whilePasswordsAreBusy<Result>(work: () => Promise<Result>): Promise<Result>;
};

/** Prepares, calls, and returns the answer whose outcome its heading names; further expectations are its own. */
export type Case<Path extends ProcedurePath> = (scene: Scene<Path>) => Promise<Answer<OutputOf<Path>>>;

/** The cases of each outcome: `success`, and the codes of failures. */
export type Outcomes<Path extends ProcedurePath> = Partial<
  Record<'success' | ErrorCode, Record<string, Case<Path>>>
>;

/** Passwords that are hashed at once, or refused as they are when too many wait. */
const createPasswords = () => {
  let isBusy = false;
  const unlessBusy = <Result>(work: () => Promise<Result>): Promise<Result> =>
    isBusy ? Promise.reject(new AppError('OVERLOADED', { retryAfterMs: 2000 })) : work();
  const passwords: PasswordHasher = {
    hash: (password) => unlessBusy(() => fakePasswords.hash(password)),
    verify: (hash, password) => unlessBusy(() => fakePasswords.verify(hash, password)),
  };
  const whileBusy = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    isBusy = true;
    return work().finally(() => {
      isBusy = false;
    });
  };
  return { passwords, whileBusy };
};

/** What must be the same over both transports; only the id is each request's own. */
const comparable = (failure: Failure | undefined) => failure && { ...failure, requestId: undefined };

/**
 * Tests a procedure by its outcomes, each case over REST and over tRPC: status, code and shape of the answer are what
 * the outcome says, and both transports tell the same. `setting` names what is special about `environment`.
 */
const testOutcomes = <Path extends ProcedurePath>(
  path: Path,
  outcomes: Outcomes<Path>,
  environment: Record<string, string>,
  setting: string,
): void => {
  const operation = operationOf(path);
  const { passwords, whileBusy } = createPasswords();
  let test: TestApp;
  let given: Factories;

  beforeAll(async () => {
    test = await createTestApp({ environment, passwords });
    given = createFactories(test);
  });
  afterAll(() => test.close());

  const { success = {}, ...failures } = outcomes;
  const failureCases = (Object.entries(failures) as [ErrorCode, Record<string, Case<Path>>][]).map(
    ([code, cases]) => ({ code, status: errorCodes[code].status, cases: Object.entries(cases) }),
  );

  describe(`${path} (${operation.method} /api${operation.path})${setting}`, () => {
    const told = new Map<string, unknown>();

    describe.each(transports)('over %s', (transport) => {
      let scene: Scene<Path>;
      beforeAll(() => {
        scene = {
          call: (input, options) =>
            callOver(test.app, transport, operation, input, options) as Promise<Answer<OutputOf<Path>>>,
          given,
          test,
          whilePasswordsAreBusy: whileBusy,
        };
      });

      describe(`${operation.meta.successStatus ?? 200}`, () => {
        it.each(Object.entries(success))('%s', async (_name, run) => {
          expectSuccess(operation, transport, await run(scene));
        });
      });

      describe.each(failureCases)('$status $code', ({ code, cases }) => {
        it.each(cases)('%s', async (name, run) => {
          const answer = await run(scene);
          expectFailure(transport, answer, code);
          const failure = comparable(answer.failure);
          const key = `${code} ${name}`;
          if (told.has(key)) expect(failure).toEqual(told.get(key));
          else told.set(key, failure);
        });
      });
    });
  });
};

/** What any call with credentials can hear; tested for all procedures together. */
const ofCredentials: ErrorCode[] = [
  'NOT_AUTHENTICATED',
  'ACCESS_TOKEN_EXPIRED',
  'ACCESS_TOKEN_INVALID',
  'SESSION_REVOKED',
  'ACCOUNT_SUSPENDED',
];

/** The contract of a procedure. Its outcomes are those that its meta lists, neither fewer nor others. */
export const contract = <Path extends ProcedurePath>(
  path: Path,
  outcomes: Outcomes<Path>,
  environment: Record<string, string> = {},
): void => {
  testOutcomes(path, outcomes, environment, '');
  const { access, errors = [] } = operationOf(path).meta;
  it(`${path} has a case for every outcome that its meta lists`, () => {
    expect(errors.filter((code) => outcomes[code] === undefined)).toEqual([]);
  });
  it(`${path} has no outcome that its meta does not list`, () => {
    const known = ['success', ...errors, ...(access === 'open' ? [] : ofCredentials)];
    expect(Object.keys(outcomes).filter((outcome) => !known.includes(outcome))).toEqual([]);
  });
};

/** What is different in the contract of a procedure when the server is set up otherwise. */
export const contractWhere = <Path extends ProcedurePath>(
  environment: Record<string, string>,
  path: Path,
  outcomes: Outcomes<Path>,
): void => {
  const setting = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  testOutcomes(path, outcomes, environment, `, where ${setting.join(', ')}`);
};

type Prepared = { input: Fields; as?: CallOptions['as'] };

/** Cases of VALIDATION_FAILED: each value, in an input that is otherwise good, is refused by the name of its field. */
export const invalidFields = <Path extends ProcedurePath>(
  prepare: (given: Factories) => Promise<Prepared>,
  values: Record<string, unknown[]>,
): Record<string, Case<Path>> => {
  // Refused calls change nothing, so that one preparation serves all of them.
  const prepared = new WeakMap<object, Promise<Prepared>>();
  const refuses =
    (field: string, value: unknown): Case<Path> =>
    async (scene) => {
      const preparation = prepared.get(scene) ?? prepare(scene.given);
      prepared.set(scene, preparation);
      const { input, as } = await preparation;
      const answer = await scene.call({ ...input, [field]: value }, { as });
      expect(answer.failure?.errors?.map(({ path }) => path.split('.')[0])).toContain(field);
      return answer;
    };
  return Object.fromEntries(
    Object.entries(values).flatMap(([field, invalid]) =>
      invalid.map((value) => [
        `refuses ${field} ${JSON.stringify(value)?.slice(0, 60)}`,
        refuses(field, value),
      ]),
    ),
  );
};
