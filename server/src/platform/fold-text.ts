/** What is seen as nothing, or only changes how the letter before it looks: marks, joiners, controls of direction. */
const UNSEEN = /[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}]+/gu;

/**
 * Text as it is compared with blocked terms, so that look-alikes of compatibility (ﬁ, Ｆ, ⓕ), case, accents and hidden
 * characters make no difference; runs of white space become one space. Only for comparing: it is not what was written.
 */
export const foldText = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(UNSEEN, '')
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ')
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .trim();
