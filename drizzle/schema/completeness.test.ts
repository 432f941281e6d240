import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import { afterAll, expect, it } from 'vitest';
import { openModel } from '../../server/test/model.js';

const model = await openModel();
afterAll(model.close);

/** What a test is about, where its title begins with a name: `it('users_pkey: …')`. */
const namesInTitles = async (): Promise<string[]> => {
  const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.test.ts'));
  const texts = await Promise.all(files.map((file) => readFile(`${import.meta.dirname}/${file}`, 'utf8')));
  return texts.flatMap((text) => [...text.matchAll(/^ *it\('(\w+): /gm)].map(([, name]) => name ?? ''));
};

it('every constraint, unique index, trigger, enum and function has a test under its name', async () => {
  // PostgreSQL 18 lists NOT NULL as a constraint too; each table's first test covers those.
  const rows = await model.query(sql`
    with rules as (
      select conname as name from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
      union
      select pg_class.relname from pg_index join pg_class on pg_class.oid = indexrelid
      where indisunique and relnamespace = 'public'::regnamespace
      union
      select tgname from pg_trigger join pg_class on pg_class.oid = tgrelid
      where not tgisinternal and relnamespace = 'public'::regnamespace
      union
      select typname from pg_type where typtype in ('e', 'd') and typnamespace = 'public'::regnamespace
      union
      select proname from pg_proc
      where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype
    )
    select name from rules order by name collate "C"`);
  const existing = rows.map((row) => row.name);
  expect(existing.length).toBeGreaterThan(40);
  expect((await namesInTitles()).sort()).toEqual(existing);
});
