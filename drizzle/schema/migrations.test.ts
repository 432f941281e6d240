import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { is, sql } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel } from '../../server/test/model.js';
import * as schema from './index.js';

const directory = join(import.meta.dirname, '../migrations');
const readJson = async (file: string) => JSON.parse(await readFile(join(directory, 'meta', file), 'utf8'));

const model = await openModel();
afterAll(model.close);

describe('migrations and schema', () => {
  it('agree, so that drizzle-kit finds nothing to generate', async () => {
    const snapshots = (await readdir(join(directory, 'meta'))).filter((file) =>
      file.endsWith('_snapshot.json'),
    );
    const latest = await readJson(snapshots.sort().at(-1) ?? '');
    expect(await generateMigration(latest, generateDrizzleJson(schema))).toEqual([]);
  });

  it('have one file and one snapshot a journal entry, in order', async () => {
    const { entries }: { entries: { idx: number; tag: string; when: number }[] } =
      await readJson('_journal.json');
    const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
    expect(entries.map((entry) => `${entry.tag}.sql`)).toEqual(files);
    expect(entries.map((entry) => entry.idx)).toEqual(entries.map((_, index) => index));
    // The migrator skips whatever is not newer than the last one that it applied.
    const times = entries.map((entry) => entry.when);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  });

  it('describe the same columns as the migrated database has', async () => {
    const described = Object.values(schema)
      .filter((value) => is(value, PgTable))
      .flatMap((table) => {
        const { name, columns } = getTableConfig(table);
        return columns.map((column) => ({
          column: `${name}.${column.name}`,
          type: column.getSQLType().replace(/^char\(/, 'character('),
          isRequired: column.notNull,
          hasDefault: column.hasDefault || column.generated !== undefined,
        }));
      })
      .sort((a, b) => (a.column < b.column ? -1 : 1));
    const found = await model.query(sql`
      select relname || '.' || attname as "column", format_type(atttypid, atttypmod) as type,
        attnotnull as "isRequired", atthasdef or attidentity <> '' as "hasDefault"
      from pg_attribute join pg_class on pg_class.oid = attrelid
      where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
      order by (relname || '.' || attname) collate "C"`);
    expect(found).toEqual(described);
  });

  it('have no index that sorts nulls elsewhere than `order by … desc` does, which could not use it', async () => {
    // 1 is DESC and 2 NULLS FIRST; plain DESC is both, and so is an ascending index that is read backwards.
    expect(
      await model.query(sql`
        select indexrelid::regclass::text as index from pg_index
        where indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
          and exists (select from unnest(indoption) as option where option not in (0, 3))`),
    ).toEqual([]);
  });
});
