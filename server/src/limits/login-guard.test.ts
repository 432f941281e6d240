import { expect, it } from 'vitest';
import { outcomeOf, tally } from '../../test/outcome.js';
import { AppError } from '../platform/app-error.js';
import { createOwnCounter } from './counter.js';
import { createLoginGuard } from './login-guard.js';

const wrong = async (): Promise<never> => {
  throw new AppError('INVALID_CREDENTIALS');
};
const right = async () => 'signed in';

const guardWith = (wait: (ms: number) => Promise<unknown> = async () => {}, waitingMax = 100) => {
  const waits: number[] = [];
  const guard = createLoginGuard({
    createCounter: createOwnCounter,
    failuresMax: 5,
    waitingMax,
    wait: (ms) => {
      waits.push(ms);
      return wait(ms);
    },
  });
  const attempt = (address: string, login: () => Promise<unknown> = wrong, account = 'ana') =>
    guard.tryLogin(account, address, login);
  return { attempt, waits };
};

it('lets an account fail five times from one network, and refuses even the right password then', async () => {
  const { attempt } = guardWith();
  expect(await tally(Array.from({ length: 8 }, () => attempt('192.0.2.1')))).toEqual({
    INVALID_CREDENTIALS: 5,
    RATE_LIMITED: 3,
  });
  expect(await outcomeOf(attempt('192.0.2.77', right))).toBe('RATE_LIMITED');
  expect(await outcomeOf(attempt('192.0.2.1', wrong, 'ben'))).toBe('INVALID_CREDENTIALS');
});

it('lets the owner in from another network, whatever was tried from elsewhere', async () => {
  const { attempt } = guardWith();
  for (let network = 0; network < 200; network++) {
    for (let count = 0; count < 6; count++) await outcomeOf(attempt(`10.0.${network}.1`));
  }
  expect(await attempt('192.0.2.1', right)).toBe('signed in');
});

it('makes logins of an account wait longer with each failure beyond five, ten seconds at most', async () => {
  const { attempt, waits } = guardWith();
  for (let network = 0; network < 13; network++) await outcomeOf(attempt(`10.0.${network}.1`));
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

it('forgets failures when somebody logs in', async () => {
  const { attempt, waits } = guardWith();
  for (let round = 0; round < 3; round++) {
    for (let count = 0; count < 4; count++) await outcomeOf(attempt('192.0.2.1'));
    expect(await attempt('192.0.2.1', right)).toBe('signed in');
  }
  expect(waits).toEqual([]);
});

it('does not count what is no fault of the password', async () => {
  const { attempt } = guardWith();
  for (const code of ['OVERLOADED', 'ACCOUNT_SUSPENDED', 'SECOND_FACTOR_REQUIRED'] as const) {
    const fail = async () => {
      throw new AppError(code);
    };
    for (let count = 0; count < 6; count++) expect(await outcomeOf(attempt('192.0.2.1', fail))).toBe(code);
  }
});

it('counts wrong codes of the second factor', async () => {
  const { attempt } = guardWith();
  const fail = async () => {
    throw new AppError('SECOND_FACTOR_INVALID');
  };
  const calls = Array.from({ length: 6 }, () => attempt('192.0.2.1', fail));
  expect(await tally(calls)).toEqual({ SECOND_FACTOR_INVALID: 5, RATE_LIMITED: 1 });
});

it('lets only so many logins wait at a time', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { attempt } = guardWith(() => released, 2);
  for (let network = 0; network < 5; network++) await outcomeOf(attempt(`10.0.${network}.1`));
  const waiting = [attempt('10.1.1.1'), attempt('10.1.2.1')].map(outcomeOf);
  expect(await outcomeOf(attempt('10.1.3.1'))).toBe('OVERLOADED');
  release();
  expect(await Promise.all(waiting)).toEqual(['INVALID_CREDENTIALS', 'INVALID_CREDENTIALS']);
});
