import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findMentions } from './mentions.js';

it.each<[string, string[]]>([
  ['@Mia_01 hello', ['mia_01']],
  ['hello @mia, @Noah! (@zoe)', ['mia', 'noah', 'zoe']],
  ['hello.@mia', ['mia']],
  ['@mia.', ['mia']],
  ['@mia @MIA @Mia', ['mia']],
  ['@zoe @mia', ['zoe', 'mia']],
  ['你好 @mia', ['mia']],
  ['write to mia@example.com', []],
  ['míá@example', []],
  ['@mia@example.social', []],
  ['@@mia', []],
  ['@ab', []],
  [`@${'a'.repeat(31)}`, []],
  [`@${'a'.repeat(30)}`, ['a'.repeat(30)]],
  ['@miaé', []],
  ['@ mia', []],
  ['no one', []],
])('finds in %j the names %j', (text, names) => {
  expect(findMentions(text)).toEqual(names);
});

it('finds the first ten different names', () => {
  const names = Array.from({ length: 12 }, (_, index) => `person_${index}`);
  const text = [...names, ...names].map((name) => `@${name}`).join(' ');
  expect(findMentions(text)).toEqual(names.slice(0, 10));
});

it('finds every name that stands between spaces', () => {
  const username = fc.stringMatching(/^[a-z0-9_]{3,30}$/);
  fc.assert(
    fc.property(fc.uniqueArray(username, { maxLength: 10 }), (names) => {
      expect(findMentions(names.map((name) => `x @${name}`).join(' '))).toEqual(names);
    }),
  );
});
