import { users } from '@versbottomlex/database';
import { eq } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { outcomeOf } from '../../test/outcome.js';
import { createTestServices } from '../../test/services.js';
import { requireAge } from './minimum-age.js';

const outcomeAt = (birthDate: string | undefined, age: number, now: string) =>
  outcomeOf((async () => requireAge(birthDate, age, new Date(now)))());

describe('requireAge', () => {
  it('takes whoever has the age from the first moment of that day on, in UTC', async () => {
    expect(await outcomeAt('2000-03-15', 18, '2018-03-14T23:59:59.999Z')).toBe('TOO_YOUNG');
    expect(await outcomeAt('2000-03-15', 18, '2018-03-15T00:00:00.000Z')).toBe('ok');
    expect(await outcomeAt('2000-12-31', 16, '2016-12-30T12:00:00.000Z')).toBe('TOO_YOUNG');
    expect(await outcomeAt('2001-01-01', 16, '2017-01-01T12:00:00.000Z')).toBe('ok');
  });

  it('counts a 29th of February as the 1st of March in years that have none', async () => {
    expect(await outcomeAt('2004-02-29', 18, '2022-02-28T23:59:59.999Z')).toBe('TOO_YOUNG');
    expect(await outcomeAt('2004-02-29', 18, '2022-03-01T00:00:00.000Z')).toBe('ok');
    expect(await outcomeAt('2004-02-29', 20, '2024-02-28T23:59:59.999Z')).toBe('TOO_YOUNG');
    expect(await outcomeAt('2004-02-29', 20, '2024-02-29T00:00:00.000Z')).toBe('ok');
  });

  it('refuses the birth dates of nobody, whatever age is asked for', async () => {
    const now = '2026-01-02T03:04:05.678Z';
    for (const age of [0, 18]) {
      expect(await outcomeAt('2026-01-03', age, now)).toBe('VALIDATION_FAILED');
      expect(await outcomeAt('1905-01-02', age, now)).toBe('VALIDATION_FAILED');
      expect(await outcomeAt('0001-01-01', age, now)).toBe('VALIDATION_FAILED');
      expect(await outcomeAt('1905-01-03', age, now)).toBe('ok');
    }
    expect(await outcomeAt('2026-01-02', 0, now)).toBe('ok');
  });

  it('is needed where an age is asked for', async () => {
    const now = '2026-01-02T03:04:05.678Z';
    expect(await outcomeAt(undefined, 0, now)).toBe('ok');
    expect(await outcomeAt(undefined, 16, now)).toBe('VALIDATION_FAILED');
  });
});

describe('registration', async () => {
  const platform = await createTestServices({ environment: { MINIMUM_AGE: '18' } });
  const { services, database } = platform;
  const given = createFactories(platform);
  afterAll(platform.close);

  it('keeps the birth date, which no answer holds', async () => {
    const account = await given.account({ birthDate: '1990-05-06' });
    expect(JSON.stringify(account)).not.toMatch(/birth|1990-05-06/i);
    const [row] = await database.client.select().from(users).where(eq(users.id, account.user.id));
    expect(row?.birthDate).toBe('1990-05-06');
  });

  it('of somebody too young leaves no account', async () => {
    const registration = given.registration({ birthDate: '2020-01-01' });
    expect(await outcomeOf(given.account(registration))).toBe('TOO_YOUNG');
    expect(await database.client.$count(users, eq(users.email, registration.email))).toBe(0);
  });

  it('by the operator asks for none', async () => {
    const { birthDate: _, ...registration } = given.registration();
    const client = { address: '', userAgent: 'npm run admin' };
    expect(await outcomeOf(services.auth.register(registration, client))).toBe('VALIDATION_FAILED');
    const made = services.auth.register(registration, client, { isByOperator: true });
    expect(await outcomeOf(made)).toBe('ok');
  });
});
