import { codePointCount } from '@versbottomlex/shared';
import { invalidField } from '../platform/app-error.js';
import { foldText } from '../platform/fold-text.js';

/** Shorter than this, a term would block half of what anyone writes. */
const FOLDED_LENGTH_MIN = 2;

/**
 * Terms as they were written, each once, beside what messages are compared with. Throws VALIDATION_FAILED for a term of
 * which too little is left to compare.
 */
export const toBlockedTerms = (given: readonly string[]): { written: string[]; folded: string[] } => {
  const byFolded = new Map<string, string>();
  given.forEach((term, index) => {
    const folded = foldText(term);
    if (codePointCount(folded) < FOLDED_LENGTH_MIN) {
      throw invalidField(`blockedTerms.${index}`, `has fewer than ${FOLDED_LENGTH_MIN} letters to compare`);
    }
    if (!byFolded.has(folded)) byFolded.set(folded, term);
  });
  return { written: [...byFolded.values()], folded: [...byFolded.keys()] };
};
