import fc from 'fast-check';
import { expect, it } from 'vitest';
import { foldText } from './fold-text.js';

it.each([
  ['BUY Followers', 'buy followers'],
  ['ＢＵＹ ⓕollowers', 'buy followers'],
  ['b\u0301u\u0308y fo\u200bllo\u00adwers', 'buy followers'],
  ['ﬁne', 'fine'],
  ['Straße', 'strasse'],
  ['İstanbul', 'istanbul'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['  two\u00a0\u2003 words ', 'two words'],
  ['привет, 世界 🎹', 'привет, 世界 🎹'],
  ['\u200b\u0301', ''],
])('folds %j to %j', (text, folded) => {
  expect(foldText(text)).toBe(folded);
});

it('changes nothing in what is folded already', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(foldText(foldText(text))).toBe(foldText(text));
    }),
  );
});

it('makes no difference between the forms of normalisation', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(foldText(text.normalize('NFD'))).toBe(foldText(text.normalize('NFC')));
    }),
  );
});
