import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs/security.md'), 'utf8');

const rows = text.split('\n').filter((line) => /^\| \d/.test(line));

it('every file that docs/security.md names is there', () => {
  const named = [...text.matchAll(/\]\((\.\.\/[^)#]+)\)/g)].map(([, file = '']) => file);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((file) => !existsSync(join(root, 'docs', file)))).toEqual([]);
});

it('every requirement that is met names a test that shows it', () => {
  expect(rows.length).toBeGreaterThan(50);
  expect(rows.filter((row) => !row.includes('.test.ts)') && !row.includes('| operator'))).toEqual([]);
});

it('every folder and file of the server that docs/security.md names is there', () => {
  const places = [
    ...text.matchAll(
      /`((?:http|auth|limits|platform|uploads|recovery|mail|reports|administration|moderation|second-factor|trpc|websocket)\/[\w./-]*)`/g,
    ),
  ];
  expect(places.filter(([, place = '']) => !existsSync(join(root, 'server/src', place)))).toEqual([]);
});
