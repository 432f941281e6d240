import { asc, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, liveStreamRow, sessionRow, type UserRow } from '../../server/test/rows.js';
import { auditLog, reports, sessions, streams, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const now = '2026-05-06T07:08:09.000Z';
const find = async (id: string) => (await db.select().from(users).where(eq(users.id, id)))[0];
const notedOf = async (subjectId: string) =>
  db
    .select({ actorId: auditLog.actorId, action: auditLog.action, details: auditLog.details })
    .from(auditLog)
    .where(eq(auditLog.subjectId, subjectId))
    .orderBy(asc(auditLog.id));

/** Whoever acts in these tests; nobody else is an admin when a test begins. */
let actor: string;
const addAdmin = (given: Partial<UserRow> = {}) => model.addUser({ role: 'admin', ...given });
beforeEach(async () => {
  await db.update(users).set({ role: 'performer' }).where(eq(users.role, 'admin'));
  actor = await addAdmin();
});

const suspend = async (target: string, reason: string | null = 'Spam', by: string | null = actor) =>
  (
    await model.query(sql`
      select outcome, to_json(ended) as ended, result
      from suspend_user(${target}, ${by}, ${reason}, ${now}::timestamptz)`)
  )[0];
const lift = async (target: string) =>
  (await model.query(sql`select outcome, result from lift_suspension(${target}, ${actor})`))[0];
const changeRole = async (target: string, role: string, by = actor) =>
  (
    await model.query(sql`
      select outcome, to_json(ended) as ended, result
      from change_role(${target}, ${by}, ${role}::user_role, ${now}::timestamptz)`)
  )[0];

describe('functions', () => {
  it('suspend_user: ends sessions and streams at once, and is noted by whom', async () => {
    const id = await model.addUser({ role: 'performer', isVerified: true });
    const loggedOut = { revokedAt: aMoment, revokedReason: 'logout' as const };
    await db.insert(sessions).values([sessionRow({ userId: id }), sessionRow({ userId: id, ...loggedOut })]);
    const scheduled = await model.addStream({ performerId: id });
    const live = liveStreamRow({ performerId: id, viewerCount: 3 });
    await db.insert(streams).values(live);

    const suspended = await suspend(id);
    expect(suspended).toEqual({
      outcome: 'done',
      ended: [scheduled, live.id],
      result: expect.objectContaining({ id, role: 'performer', suspendedAt: now, suspensionReason: 'Spam' }),
    });
    expect(await find(id)).toMatchObject({ suspendedAt: now, suspensionReason: 'Spam' });
    expect(
      await db.select().from(sessions).where(eq(sessions.userId, id)).orderBy(asc(sessions.id)),
    ).toMatchObject([{ revokedAt: now, revokedReason: 'account_suspended' }, loggedOut]);
    for (const row of await db.select().from(streams).where(eq(streams.performerId, id))) {
      expect(row).toMatchObject({ status: 'ended', endedAt: now, viewerCount: 0 });
    }
    const details = { endedStreamIds: [scheduled, live.id] };
    expect(await notedOf(id)).toEqual([{ actorId: actor, action: 'user_suspended', details }]);

    expect(await suspend(id)).toEqual({ ...suspended, outcome: 'unchanged', ended: [] });
    expect(await suspend(id, 'Fraud')).toMatchObject({
      outcome: 'done',
      result: { suspendedAt: now, suspensionReason: 'Fraud' },
    });
    expect(await notedOf(id)).toHaveLength(2);
  });

  it('is_last_admin: the last who is neither suspended nor deleted stays one', async () => {
    await addAdmin({ suspendedAt: aMoment });
    expect(await suspend(actor, null, null)).toEqual({ outcome: 'LAST_ADMIN', ended: [], result: null });
    expect(await changeRole(actor, 'viewer')).toEqual({ outcome: 'LAST_ADMIN', ended: [], result: null });
    expect(await find(actor)).toMatchObject({ role: 'admin', suspendedAt: null });
    const other = await addAdmin();
    // Of two who suspend each other, one stays.
    const both = await Promise.all([suspend(other), suspend(actor, null, other)]);
    expect(both.map((row) => row?.outcome).sort()).toEqual(['LAST_ADMIN', 'done']);
  });

  it('users_admin_left: the last admin is not deleted, and of two who delete themselves one stays', async () => {
    const remove = (id: string) =>
      refusalOf(model.query(sql`select outcome from delete_account(${id}, ${now})`));
    expect(await remove(actor)).toBe('users_admin_left');
    const other = await addAdmin();
    expect((await Promise.all([remove(actor), remove(other)])).sort()).toEqual([
      'accepted',
      'users_admin_left',
    ]);
  });

  it('end_streams: tells which were not over, in the order of their ids', async () => {
    const id = await model.addUser();
    const open = [await model.addStream({ performerId: id }), await model.addStream({ performerId: id })];
    const end = sql`select to_json(end_streams(${id}, ${now}::timestamptz)) as ended`;
    expect(await model.query(end)).toEqual([{ ended: open }]);
    expect(await model.query(end)).toEqual([{ ended: [] }]);
  });

  it('administered_user: tells an account as admins see it', async () => {
    const id = await model.addUser({ username: 'Ada_1', displayName: 'Ada' });
    expect(
      await model.query(sql`select administered_user(users) as told from users where id = ${id}`),
    ).toEqual([
      {
        told: {
          id,
          username: 'Ada_1',
          displayName: 'Ada',
          role: 'viewer',
          isVerified: false,
          suspendedAt: null,
          suspensionReason: null,
        },
      },
    ]);
  });

  it('lift_suspension: lets in again, and is noted once', async () => {
    const id = await model.addUser();
    expect(await lift(id)).toMatchObject({ outcome: 'unchanged', result: { id } });
    await suspend(id);
    expect(await lift(id)).toMatchObject({
      outcome: 'done',
      result: { suspendedAt: null, suspensionReason: null },
    });
    expect(await lift(id)).toMatchObject({ outcome: 'unchanged' });
    expect((await notedOf(id)).map(({ action }) => action)).toEqual(['user_suspended', 'suspension_lifted']);
    expect(await lift(uuidv7())).toEqual({ outcome: 'NOT_FOUND', result: null });
  });

  it('change_role: takes the streams and the verification of who is to be a viewer', async () => {
    const id = await model.addUser();
    expect(await changeRole(id, 'performer')).toMatchObject({
      outcome: 'done',
      ended: [],
      result: { role: 'performer', isVerified: false },
    });
    await db.update(users).set({ isVerified: true }).where(eq(users.id, id));
    const streamId = await model.addStream({ performerId: id });
    expect(await changeRole(id, 'admin')).toMatchObject({
      ended: [],
      result: { role: 'admin', isVerified: true },
    });
    expect(await changeRole(id, 'viewer')).toMatchObject({
      ended: [streamId],
      result: { role: 'viewer', isVerified: false },
    });
    expect(await changeRole(id, 'viewer')).toMatchObject({ outcome: 'unchanged', ended: [] });
    expect(await changeRole(uuidv7(), 'viewer')).toMatchObject({ outcome: 'NOT_FOUND' });
    const details = (await notedOf(id)).map((line) => line.details);
    expect(details).toEqual([
      { from: 'viewer', to: 'performer' },
      { from: 'performer', to: 'admin' },
      { from: 'admin', to: 'viewer' },
    ]);
  });

  it('decide_report: decides once, and not of oneself', async () => {
    const [reporterId, userId] = [await model.addUser(), await model.addUser()];
    const id = uuidv7();
    await db.insert(reports).values({ id, reporterId, userId, reason: 'fraud', comment: 'Sells followers' });
    const decide = async (given: string, decision: string, note: string | null = null, by = actor) =>
      (
        await model.query(sql`select outcome, result
          from decide_report(${given}, ${by}, ${decision}::report_status, ${note}, ${now}::timestamptz)`)
      )[0];
    expect(await decide(id, 'acted', null, userId)).toEqual({ outcome: 'FORBIDDEN', result: null });
    expect(await decide(uuidv7(), 'acted')).toEqual({ outcome: 'NOT_FOUND', result: null });
    const both = await Promise.all([decide(id, 'acted', 'So it is'), decide(id, 'dismissed')]);
    expect(both.map((row) => row?.outcome).sort()).toEqual(['REPORT_DECIDED', 'done']);
    const [report] = await db.select().from(reports).where(eq(reports.id, id));
    const { status, note } = report ?? expect.fail();
    expect(await decide(id, status, note)).toMatchObject({
      outcome: 'unchanged',
      result: { id, status, note, decidedAt: now, decidedBy: { id: actor }, user: { id: userId } },
    });
    const details = { reportId: id, decision: status };
    expect(await notedOf(userId)).toEqual([{ actorId: actor, action: 'report_decided', details }]);
  });
});
