import { expect, it } from 'vitest';
import { failureOf } from '../../test/outcome.js';
import { toBlockedTerms } from './blocked-terms.js';

it('keeps each term as it was first written, beside what messages are compared with', () => {
  expect(toBlockedTerms(['Casino', 'cásino', 'Straße', 'ＣＡＳＩＮＯ', 'STRASSE'])).toEqual({
    written: ['Casino', 'Straße'],
    folded: ['casino', 'strasse'],
  });
});

it('refuses a term of which fewer than two characters are left', async () => {
  for (const term of ['é\u0301', '\u200b\u200b\u200bx', '\u0301\u0302']) {
    const error = await failureOf(Promise.resolve().then(() => toBlockedTerms(['fine', term])));
    expect([error.code, error.errors?.[0]?.path]).toEqual(['VALIDATION_FAILED', 'blockedTerms.1']);
  }
  expect(toBlockedTerms(['赌场']).folded).toEqual(['赌场']);
});
