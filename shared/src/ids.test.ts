import { expect, it } from 'vitest';
import { Id } from './ids.js';

const id = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';

it('is one id, in lower case, however it is written', () => {
  expect([Id.parse(id), Id.parse(id.toUpperCase())]).toEqual([id, id]);
});

it('is a UUIDv7 and nothing else', () => {
  const others = [id.replace('-7c3a', '-4c3a'), `${id} `, `{${id}}`, id.replaceAll('-', ''), '', 7, null];
  expect(others.filter((other) => Id.safeParse(other).success)).toEqual([]);
});
