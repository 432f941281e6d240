import { randomUUID } from 'node:crypto';
import { streams, users } from '@versbottomlex/database';
import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { createTestDatabase } from '../../test/database.js';
import { streamRow, userRow } from '../../test/rows.js';
import { stringsWithin } from '../../test/strings-within.js';
import { AppError } from './app-error.js';
import { createDatabase, prepared, preparedSql } from './database.js';
import { DatabaseError, translating } from './database-errors.js';

const own = await createTestDatabase(inject('databaseServerUrl'), inject('templateDatabase'));
/** One connection, so that every statement of a test meets the same backend. */
const database = createDatabase({ url: own.url, poolMax: 1, prepare: true });
afterAll(async () => {
  await database.close();
  await own.drop();
});

const $ = sql.placeholder;
const errorOf = (statement: Promise<unknown>): Promise<unknown> =>
  statement.then(
    () => expect.fail('the statement succeeded'),
    (error: unknown) => error,
  );

describe('a failed statement', () => {
  const secret = 'Planted_Secret_4711';
  const insertUser = preparedSql(
    'test_insert_user',
    z.object({ id: z.string() }),
    sql`insert into users (id, username, email, password_hash, display_name, bio)
      values (${$('id')}::uuid, ${$('username')}::text, ${$('email')}::text, ${$('hash')}::text, 'Name', ${$('bio')}::text)
      returning id`,
  );
  const anUser = { username: 'taken_name', email: 'taken@example.com', hash: secret, bio: secret };
  const failures: [what: string, sqlState: string, constraint: string | undefined, () => Promise<unknown>][] =
    [
      [
        'of a unique index',
        '23505',
        'users_username_key',
        async () => {
          const taken = { ...anUser, username: secret };
          await insertUser(database, { ...taken, id: uuidv7() });
          return insertUser(database, { ...taken, id: uuidv7(), email: `${secret}@example.com` });
        },
      ],
      [
        'of a check',
        '23514',
        'users_email_length',
        () => insertUser(database, { ...anUser, id: uuidv7(), email: secret.repeat(20) }),
      ],
      [
        'of a foreign key, from the query builder',
        '23503',
        'streams_performer_id_users_id_fk',
        () => {
          const row = streamRow({ performerId: uuidv7(), title: secret, description: secret });
          return database.run(() => database.client.insert(streams).values(row).execute());
        },
      ],
      [
        'of a trigger',
        '23514',
        'streams_status_moves_forward',
        async () => {
          const user = userRow();
          const row = streamRow({
            performerId: user.id,
            title: secret,
            status: 'ended',
            endedAt: '2026-01-02',
          });
          await database.client.insert(users).values(user);
          await database.client.insert(streams).values(row);
          const back = { status: 'scheduled' as const, endedAt: null };
          return database.run(() =>
            database.client.update(streams).set(back).where(eq(streams.title, secret)).execute(),
          );
        },
      ],
      ['by a value that is no id', '22P02', undefined, () => insertUser(database, { ...anUser, id: secret })],
      [
        'by a NUL in a text',
        '22021',
        undefined,
        () => insertUser(database, { ...anUser, id: uuidv7(), bio: `${secret}\0` }),
      ],
      [
        'by SQL that is wrong',
        '42703',
        undefined,
        () => database.run(() => database.client.execute(sql`select planted_secret_4711 from users`)),
      ],
      [
        'by a value that the driver cannot send',
        'ERR_INVALID_ARG_TYPE',
        undefined,
        () => database.run(() => database.client.execute(sql`select ${new Date()}, ${secret}`)),
      ],
    ];

  it.each(failures)('%s says SQLSTATE %s and constraint %s, no SQL and no parameter', async (...failure) => {
    const [, sqlState, constraint, fail] = failure;
    const error = await errorOf(fail());
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ sqlState, constraint });
    const everything = stringsWithin(error).join('\n');
    expect(everything).not.toMatch(new RegExp(secret, 'i'));
    expect(everything).not.toMatch(/insert into|values \(|select |update "/i);
  });

  it.each(['40001', '40P01', '53300', '55P03', '57014', '57P01', '57P03', '08006'])(
    'with SQLSTATE %s, which another attempt may mend, is DEPENDENCY_UNAVAILABLE',
    async (sqlState) => {
      const failing = sql.raw(`do $$ begin raise '${secret}' using errcode = '${sqlState}'; end $$`);
      const error = await errorOf(database.run(() => database.client.execute(failing)));
      expect(error).toMatchObject({
        code: 'DEPENDENCY_UNAVAILABLE',
        retryAfterMs: 1000,
        cause: { sqlState },
      });
      expect(stringsWithin(error).join('\n')).not.toContain(secret);
    },
  );

  it('with a row of another shape than was declared does not show the row', async () => {
    const wrong = preparedSql(
      'test_wrong_row',
      z.object({ id: z.int() }),
      sql`select ${$('id')}::text as id`,
    );
    const error = await errorOf(wrong(database, { id: secret }));
    expect(stringsWithin(error).join('\n')).not.toContain(secret);
  });

  it('becomes the error that its constraint stands for, which leads nowhere either', async () => {
    const taken = { ...anUser, email: `${secret}_2@example.com` };
    await insertUser(database, { ...taken, id: uuidv7() });
    const again = insertUser(database, { ...taken, id: uuidv7(), username: 'another_name' });
    const error = await errorOf(translating(again, { users_email_key: () => new AppError('EMAIL_TAKEN') }));
    expect(error).toMatchObject({ code: 'EMAIL_TAKEN' });
    expect(stringsWithin(error).join('\n')).not.toContain(secret);
  });
});

describe('a prepared statement', () => {
  const Counts = z.object({ name: z.string(), calls: z.coerce.number(), generic: z.coerce.number() });
  /** What the connection's backend has prepared, and how often it ran by a plan that was made before. */
  const preparedWith = async (marker: string) => {
    const rows = await database.run(() =>
      database.client.execute(sql`select statement as name, generic_plans + custom_plans as calls,
        generic_plans as generic from pg_prepared_statements where statement like ${`%${marker}%`}`),
    );
    return z.array(Counts).parse([...rows]);
  };

  it('of SQL is parsed once a connection, and soon planned no more', async () => {
    const marker = `marker_${randomUUID().slice(0, 8)}`;
    const statement = preparedSql(
      marker,
      z.object({ id: z.string() }),
      sql`select id as id from users as ${sql.raw(marker)} where id = ${$('id')}::uuid`,
    );
    for (let call = 0; call < 12; call += 1) await statement(database, { id: uuidv7() });
    expect(await preparedWith(marker)).toEqual([
      { name: expect.stringContaining(marker), calls: 12, generic: 7 },
    ]);
  });

  it('of the query builder is parsed once a connection, and soon planned no more', async () => {
    const marker = `marker_${randomUUID().slice(0, 8)}`;
    const statement = prepared((client) =>
      client
        .select({ id: sql<string>`id as ${sql.raw(marker)}` })
        .from(users)
        .where(eq(users.id, $('id')))
        .prepare(marker),
    );
    for (let call = 0; call < 12; call += 1) await statement(database, { id: uuidv7() });
    expect(await preparedWith(marker)).toEqual([
      { name: expect.stringContaining(marker), calls: 12, generic: 7 },
    ]);
  });

  it('is not kept on the server where DATABASE_PREPARE is false, and works all the same', async () => {
    const plain = createDatabase({ url: own.url, poolMax: 1, prepare: false });
    try {
      const statement = preparedSql(
        'test_plain',
        z.object({ sum: z.int() }),
        sql`select ${$('a')}::int + 1 as sum`,
      );
      for (let call = 0; call < 3; call += 1)
        expect(await statement(plain, { a: call })).toEqual([{ sum: call + 1 }]);
      const rows = await plain.client.execute(sql`select count(*)::int as count from pg_prepared_statements`);
      expect([...rows]).toEqual([{ count: 0 }]);
    } finally {
      await plain.close();
    }
  });

  it('is one for each database that it runs on', async () => {
    const other = createDatabase({ url: own.url, poolMax: 1, prepare: true });
    try {
      const statement = preparedSql(
        'test_pid',
        z.object({ pid: z.int() }),
        sql`select pg_backend_pid() as pid`,
      );
      const [[first], [second], [again]] = [
        await statement(database),
        await statement(other),
        await statement(database),
      ];
      expect(second?.pid).not.toBe(first?.pid);
      expect(again).toEqual(first);
    } finally {
      await other.close();
    }
  });
});
