import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { auditLog } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const insert = (given: Partial<typeof auditLog.$inferInsert> = {}) =>
  refusalOf(db.insert(auditLog).values({ action: 'role_changed', ...given }));

describe('columns', () => {
  it('may be null only where nobody did it, or to nobody, or nothing is to be added', async () => {
    expect(await model.nullableColumns('audit_log')).toEqual(['actor_id', 'details', 'subject_id']);
  });
});

describe('constraints', () => {
  it('audit_log_pkey: is numbered by the database', async () => {
    const [made] = await db.insert(auditLog).values({ action: 'role_changed' }).returning();
    const again = sql`insert into audit_log (id, action) overriding system value
      values (${made?.id ?? 0}, 'role_changed')`;
    expect(await refusalOf(model.query(again))).toBe('audit_log_pkey');
  });

  it('audit_log_actor_id_users_id_fk: by somebody who has an account', async () => {
    expect(await insert({ actorId: await model.addUser() })).toBe('accepted');
    expect(await insert({ actorId: uuidv7() })).toBe('audit_log_actor_id_users_id_fk');
  });

  it('audit_log_subject_id_users_id_fk: to somebody who has an account', async () => {
    expect(await insert({ subjectId: await model.addUser() })).toBe('accepted');
    expect(await insert({ subjectId: uuidv7() })).toBe('audit_log_subject_id_users_id_fk');
  });
});

describe('triggers', () => {
  it('audit_log_append_only: what was noted stays, also where no row is meant', async () => {
    await insert();
    for (const statement of [
      sql`update audit_log set action = 'role_changed'`,
      sql`delete from audit_log`,
      sql`delete from audit_log where false`,
      sql`truncate audit_log`,
    ]) {
      expect(await refusalOf(model.query(statement))).toBe('audit_log_append_only');
    }
  });
});

describe('functions', () => {
  it('note_audit: writes a line in the statement that calls it, and answers its id', async () => {
    const [actorId, subjectId] = [await model.addUser(), await model.addUser()];
    const [noted] = await model.query(sql`
      select note_audit(${actorId}, 'role_changed', ${subjectId}, '{"role": "admin"}') as id`);
    const lines = await db.select().from(auditLog).where(eq(auditLog.actorId, actorId));
    expect(lines).toMatchObject([
      { id: Number(noted?.id), action: 'role_changed', subjectId, details: { role: 'admin' } },
    ]);
    const bare = sql`select note_audit(null, 'payment_refunded', null, null) as id`;
    expect(await model.query(bare)).toHaveLength(1);
  });
});
