import { and, eq, isNull, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { sessionRow } from '../../server/test/rows.js';
import { auditLog, recoveryCodes, secondFactors, sessions, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const NOON = '2026-01-05T12:00:00.000Z';
const SECRET = 'a sealed secret';
const hashOf = (digit: number) => String(digit).repeat(64);
const HASHES = sql`array[${hashOf(1)}, ${hashOf(2)}]`;

let userId: string;
let sessionId: string;
beforeEach(async () => {
  userId = await model.addUser();
  sessionId = uuidv7();
  await db.insert(sessions).values(sessionRow({ id: sessionId, userId }));
});

const insert = (given: Partial<typeof secondFactors.$inferInsert> = {}) =>
  refusalOf(db.insert(secondFactors).values({ userId, secret: SECRET, ...given }));
const insertCode = (codeHash: string) => refusalOf(db.insert(recoveryCodes).values({ userId, codeHash }));
const factor = async () =>
  (await db.select().from(secondFactors).where(eq(secondFactors.userId, userId)))[0] ?? null;
const codesLeft = () => db.$count(recoveryCodes, eq(recoveryCodes.userId, userId));
const audited = async () =>
  (
    await db
      .select({ action: auditLog.action })
      .from(auditLog)
      .where(and(eq(auditLog.subjectId, userId), eq(auditLog.actorId, userId)))
      .orderBy(auditLog.id)
  ).map(({ action }) => action);

const begin = async (secret = SECRET, owner = userId) =>
  (await model.query(sql`select begin_second_factor(${owner}, ${secret}, ${NOON}) as begun`))[0]?.begun;
const confirm = async (step: number | null, { secret = SECRET, session = sessionId } = {}) =>
  (
    await model.query(sql`select outcome from confirm_second_factor(${userId}, ${session}, ${secret},
      ${step}::bigint, ${HASHES}, ${NOON})`)
  )[0]?.outcome;
const spend = async (
  code: { step?: number; recovery?: string; secret?: string },
  at = NOON,
): Promise<[unknown, unknown]> => {
  const [spent] = await model.query(sql`select outcome, iso_timestamp(paused) as paused
    from spend_second_factor_code(${userId}, ${code.secret ?? SECRET}, ${code.step ?? null}::bigint,
      ${code.recovery ?? null}::text, ${at})`);
  return [spent?.outcome, spent?.paused];
};

/** An account with a second factor, confirmed by the code of step 100. */
const setUp = async () => {
  await begin();
  expect(await confirm(100)).toBe('done');
};

describe('table', () => {
  it('may be unconfirmed, and paused or not', async () => {
    expect(await model.nullableColumns('second_factors')).toEqual(['confirmed_at', 'paused_until']);
    expect(await model.nullableColumns('recovery_codes')).toEqual([]);
  });

  it('second_factors_pkey: an account has one', async () => {
    expect(await insert()).toBe('accepted');
    expect(await insert()).toBe('second_factors_pkey');
  });

  it('second_factors_user_id_users_id_fk: it is of an account and goes with its row', async () => {
    expect(await insert({ userId: uuidv7() })).toBe('second_factors_user_id_users_id_fk');
    expect(await insert()).toBe('accepted');
    await db.delete(users).where(eq(users.id, userId));
    expect(await factor()).toBeNull();
  });

  it('second_factors_secret_length: a sealed secret is short', async () => {
    expect(await insert({ secret: 'x'.repeat(1001) })).toBe('second_factors_secret_length');
    expect(await insert({ secret: 'x'.repeat(1000) })).toBe('accepted');
  });

  it('second_factors_last_step_not_negative: no code is from before 1970', async () => {
    expect(await insert({ lastStep: -1 })).toBe('second_factors_last_step_not_negative');
  });

  it('second_factors_wrong_codes_not_negative: nobody has guessed less than never', async () => {
    expect(await insert({ wrongCodes: -1 })).toBe('second_factors_wrong_codes_not_negative');
  });

  it('recovery_codes_pkey: a user has a code once', async () => {
    await insert();
    expect(await insertCode(hashOf(1))).toBe('accepted');
    expect(await insertCode(hashOf(1))).toBe('recovery_codes_pkey');
  });

  it('recovery_codes_user_id_second_factors_user_id_fk: they go with the second factor', async () => {
    expect(await insertCode(hashOf(1))).toBe('recovery_codes_user_id_second_factors_user_id_fk');
    await insert();
    await insertCode(hashOf(1));
    await db.delete(secondFactors).where(eq(secondFactors.userId, userId));
    expect(await codesLeft()).toBe(0);
  });

  it('recovery_codes_hash_shape: only hashes are stored', async () => {
    await insert();
    for (const text of ['', 'abc', 'A'.repeat(64), `${hashOf(1)}1`]) {
      expect(await insertCode(text)).toBe('recovery_codes_hash_shape');
    }
  });
});

describe('setting up', () => {
  it('begin_second_factor: keeps the newest secret until one is confirmed, of accounts that exist', async () => {
    expect(await begin('first')).toBe(true);
    expect(await begin()).toBe(true);
    expect(await factor()).toMatchObject({ secret: SECRET, confirmedAt: null, lastStep: 0, createdAt: NOON });
    expect(await confirm(100, { secret: 'first' })).toBe('SECOND_FACTOR_INVALID');
    expect(await confirm(100)).toBe('done');
    expect(await begin()).toBe(false);

    const gone = await model.addUser({ username: null, email: null, passwordHash: null, deletedAt: NOON });
    expect(await begin(SECRET, gone)).toBe(false);
  });

  it('confirm_second_factor: makes codes, marks its session, ends the others, and is noted', async () => {
    const other = sessionRow({ userId });
    await db.insert(sessions).values(other);
    await setUp();
    expect(await factor()).toMatchObject({ confirmedAt: NOON, lastStep: 100 });
    expect(await codesLeft()).toBe(2);
    const rows = await db.select().from(sessions).where(eq(sessions.userId, userId)).orderBy(sessions.id);
    expect(rows.map((row) => [row.id, row.secondFactorAt, row.revokedReason])).toEqual([
      [sessionId, NOON, null],
      [other.id, null, 'second_factor_changed'],
    ]);
    expect(await audited()).toEqual(['second_factor_set_up']);
    expect(await confirm(101)).toBe('SECOND_FACTOR_ALREADY_SET_UP');
  });

  it('confirms nothing by a wrong code, by no secret, or in a session that has ended', async () => {
    expect(await confirm(100)).toBe('SECOND_FACTOR_NOT_SET_UP');
    await begin();
    expect(await confirm(null)).toBe('SECOND_FACTOR_INVALID');
    expect(await confirm(100, { session: uuidv7() })).toBe('SESSION_REVOKED');
    expect(await factor()).toMatchObject({ confirmedAt: null, wrongCodes: 1 });
    expect(await audited()).toEqual([]);
  });

  it('sessions_second_factor_given: no session begins without it, that of a login under way neither', async () => {
    await begin();
    expect(await refusalOf(db.insert(sessions).values(sessionRow({ userId })))).toBe('accepted');
    await confirm(100);
    const login = (given: object) => refusalOf(db.insert(sessions).values(sessionRow({ userId, ...given })));
    expect(await login({})).toBe('sessions_second_factor_given');
    expect(await login({ secondFactorAt: NOON })).toBe('accepted');
  });

  it('leaves no session without it, however logins and the confirmation interleave', async () => {
    for (let round = 0; round < 10; round += 1) {
      userId = await model.addUser();
      sessionId = uuidv7();
      await db.insert(sessions).values(sessionRow({ id: sessionId, userId }));
      await begin();
      const login = () =>
        refusalOf(
          db.execute(sql`select from log_in(${userId}, 'a hash', 10, ${uuidv7()}, ${uuidv7()}, null, null, null,
            ${NOON}, ${NOON}, ${NOON})`),
        );
      const outcomes = await Promise.all([login(), login(), confirm(100), login()]);
      for (const outcome of [outcomes[0], outcomes[1], outcomes[3]]) {
        expect(['accepted', 'sessions_second_factor_given']).toContain(outcome);
      }
      expect(outcomes[2]).toBe('done');
      const without = and(
        eq(sessions.userId, userId),
        isNull(sessions.revokedAt),
        isNull(sessions.secondFactorAt),
      );
      expect(await db.$count(sessions, without)).toBe(0);
    }
  });
});

describe('codes', () => {
  it('spend_second_factor_code: takes no code twice, and none from before the last', async () => {
    expect(await spend({ step: 100 })).toEqual(['SECOND_FACTOR_NOT_SET_UP', null]);
    await setUp();
    expect(await spend({ step: 100 })).toEqual(['SECOND_FACTOR_INVALID', null]);
    expect(await spend({ step: 102 })).toEqual(['done', null]);
    expect(await spend({ step: 101 })).toEqual(['SECOND_FACTOR_INVALID', null]);
    expect(await spend({ step: 103, secret: 'another' })).toEqual(['SECOND_FACTOR_INVALID', null]);
  });

  it('takes one of many at the same moment', async () => {
    await setUp();
    const byStep = await Promise.all(Array.from({ length: 4 }, () => spend({ step: 101 })));
    expect(byStep.filter(([outcome]) => outcome === 'done')).toHaveLength(1);
    const byCode = await Promise.all(Array.from({ length: 4 }, () => spend({ recovery: hashOf(1) })));
    expect(byCode.filter(([outcome]) => outcome === 'done')).toHaveLength(1);
    expect(await codesLeft()).toBe(1);
    expect(await audited()).toEqual(['second_factor_set_up', 'recovery_code_used']);
  });

  it('second_factor_pause: doubles from the fifth wrong code on, up to a day', async () => {
    const [row] = await model.query(sql`
      select array_agg(extract(epoch from second_factor_pause(wrong))::int::text order by place) as pauses
      from unnest(array[0, 4, 5, 6, 7, 16, 17, 1000000]) with ordinality as given (wrong, place)`);
    expect(row?.pauses).toEqual(['0', '0', '30', '60', '120', '61440', '86400', '86400']);
  });

  it('looks at no code during the pause, not at the right one either, and counts none', async () => {
    await setUp();
    for (let wrong = 1; wrong <= 5; wrong += 1) {
      expect(await spend({})).toEqual(['SECOND_FACTOR_INVALID', null]);
    }
    expect(await spend({ step: 101 })).toEqual(['RATE_LIMITED', '2026-01-05T12:00:30.000Z']);
    expect(await spend({ step: 101 }, '2026-01-05T12:00:29.999Z')).toMatchObject(['RATE_LIMITED', {}]);
    expect(await factor()).toMatchObject({ wrongCodes: 5 });
    expect(await spend({}, '2026-01-05T12:00:30Z')).toEqual(['SECOND_FACTOR_INVALID', null]);
    expect(await spend({}, '2026-01-05T12:01:29Z')).toEqual(['RATE_LIMITED', '2026-01-05T12:01:30.000Z']);
    expect(await spend({ step: 101 }, '2026-01-05T12:01:30Z')).toEqual(['done', null]);
    expect(await factor()).toMatchObject({ wrongCodes: 0, pausedUntil: null });
  });

  it('lets many guesses at once try no more than one after the other', async () => {
    await setUp();
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => spend({})));
    expect(outcomes.filter(([outcome]) => outcome === 'SECOND_FACTOR_INVALID')).toHaveLength(5);
  });

  it('takes recovery codes during the pause, which ends it', async () => {
    await setUp();
    for (let wrong = 1; wrong <= 5; wrong += 1) await spend({});
    expect(await spend({ recovery: hashOf(9) })).toEqual(['SECOND_FACTOR_INVALID', null]);
    expect(await spend({ recovery: hashOf(2) })).toEqual(['done', null]);
    expect(await spend({ step: 101 })).toEqual(['done', null]);
  });

  it('replace_recovery_codes: leaves none from before', async () => {
    await setUp();
    await model.query(sql`select replace_recovery_codes(${userId}, array[${hashOf(3)}], ${NOON})`);
    const rows = await db.select().from(recoveryCodes).where(eq(recoveryCodes.userId, userId));
    expect(rows).toEqual([{ userId, codeHash: hashOf(3), createdAt: NOON }]);
  });

  it('renew_recovery_codes: takes a code for them, or changes nothing', async () => {
    await setUp();
    const renew = async (step: number) =>
      (
        await model.query(sql`select outcome from renew_recovery_codes(${userId}, ${SECRET}, ${step}::bigint, null,
          array[${hashOf(3)}], ${NOON})`)
      )[0]?.outcome;
    expect(await renew(100)).toBe('SECOND_FACTOR_INVALID');
    expect(await codesLeft()).toBe(2);
    expect(await renew(101)).toBe('done');
    expect(await codesLeft()).toBe(1);
  });
});

describe('removal', () => {
  it('end_other_sessions: ends those that are good', async () => {
    const ended = sessionRow({ userId, revokedAt: NOON, revokedReason: 'logout' });
    const other = sessionRow({ userId });
    await db.insert(sessions).values([ended, other]);
    await model.query(sql`select end_other_sessions(${userId}, ${sessionId}, ${NOON})`);
    const rows = await db.select().from(sessions).where(eq(sessions.userId, userId)).orderBy(sessions.id);
    expect(rows.map((row) => row.revokedReason)).toEqual([null, 'logout', 'second_factor_changed']);
  });

  it('clear_second_factor: needs no code, forgets all of it, and ends every session', async () => {
    const clear = async (target = userId) =>
      (await model.query(sql`select clear_second_factor(${target}, null, ${NOON}) as cleared`))[0]?.cleared;
    expect([await clear(uuidv7()), await clear()]).toEqual([null, false]);
    await insert({ confirmedAt: NOON });
    await insertCode(hashOf(1));
    expect(await clear()).toBe(true);
    expect([await factor(), await codesLeft()]).toEqual([null, 0]);
    const isGood = and(eq(sessions.userId, userId), isNull(sessions.revokedAt));
    expect(await db.$count(sessions, isGood)).toBe(0);
    expect(await db.$count(auditLog, eq(auditLog.subjectId, userId))).toBe(1);
  });

  it('remove_second_factor: takes a code, forgets all of it, and ends the other sessions', async () => {
    await setUp();
    const other = sessionRow({ userId, secondFactorAt: NOON });
    await db.insert(sessions).values(other);
    const remove = async (step: number) =>
      (
        await model.query(sql`select outcome from remove_second_factor(${userId}, ${sessionId}, ${SECRET},
          ${step}::bigint, null, ${NOON})`)
      )[0]?.outcome;
    expect(await remove(100)).toBe('SECOND_FACTOR_INVALID');
    expect(await factor()).not.toBeNull();
    expect(await remove(101)).toBe('done');
    expect([await factor(), await codesLeft()]).toEqual([null, 0]);
    const rows = await db.select().from(sessions).where(eq(sessions.userId, userId)).orderBy(sessions.id);
    expect(rows.map((row) => [row.secondFactorAt, row.revokedReason])).toEqual([
      [null, null],
      [null, 'second_factor_changed'],
    ]);
    expect(await audited()).toEqual(['second_factor_set_up', 'second_factor_removed']);
    expect(await remove(102)).toBe('SECOND_FACTOR_NOT_SET_UP');
  });
});
