import { CompactEncrypt } from 'jose';
import { expect, it } from 'vitest';
import { createSealer } from './sealer.js';

const secrets = { current: 'a key of the tests, number one', previous: undefined };
const rotated = { current: 'a key of the tests, number two', previous: secrets.current };
const sealer = createSealer(secrets, 'tests');

it('opens what it sealed, and never seals the same to the same', async () => {
  const [one, other] = await Promise.all([sealer.seal('grüße', 'ava'), sealer.seal('grüße', 'ava')]);
  expect(one).not.toBe(other);
  expect(await sealer.open(one, 'ava')).toEqual({ text: 'grüße', isOfPreviousKey: false });
});

it('opens what was sealed with the previous key, and says so', async () => {
  const sealed = await sealer.seal('text', 'ava');
  const next = createSealer(rotated, 'tests');
  expect(await next.open(sealed, 'ava')).toEqual({ text: 'text', isOfPreviousKey: true });
  const again = await next.seal('text', 'ava');
  expect(await next.open(again, 'ava')).toEqual({ text: 'text', isOfPreviousKey: false });
  await expect(sealer.open(again, 'ava')).rejects.toThrow();
});

it('opens for nobody else, and for no other purpose', async () => {
  const sealed = await sealer.seal('text', 'ava');
  await expect(sealer.open(sealed, 'ben')).rejects.toThrow('another owner');
  await expect(createSealer(secrets, 'others').open(sealed, 'ava')).rejects.toThrow();
});

it('opens nothing that was changed, anywhere', async () => {
  const sealed = await sealer.seal('text', 'ava');
  const changed = [...sealed.matchAll(/(?<=^|\.)[\w-]/g)].map(({ index }) => {
    const letter = sealed[index] === 'B' ? 'C' : 'B';
    return `${sealed.slice(0, index)}${letter}${sealed.slice(index + 1)}`;
  });
  expect(changed).toHaveLength(4);
  for (const text of ['', 'a.b.c', ...changed]) await expect(sealer.open(text, 'ava')).rejects.toThrow();
});

it('opens nothing of another algorithm', async () => {
  const header = { alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', sub: 'ava' };
  const sealed = await new CompactEncrypt(new TextEncoder().encode('text'))
    .setProtectedHeader(header)
    .encrypt(new TextEncoder().encode(secrets.current));
  await expect(sealer.open(sealed, 'ava')).rejects.toThrow();
});
