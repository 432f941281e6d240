import * as z from 'zod';

const LINE_CONTROLS = /\p{Cc}/u;
const BLOCK_CONTROLS = /[^\P{Cc}\n\t]/u;

/** How many characters a person would count: code points, as JSON Schema's minLength counts them. */
export const codePointCount = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

/**
 * Longer runs of combining marks than this are no language's (UAX #15, 13), and would take time that grows with the
 * square of their length, before anything has looked at how long the text is.
 */
const MARKS_BEYOND_ANY_LANGUAGE = /(\p{M}{30})\p{M}+/gu;

/** In form NFC, with at most 30 combining marks one after the other. Takes time in proportion to the text. */
export const toNfc = (text: string): string => text.replace(MARKS_BEYOND_ANY_LANGUAGE, '$1').normalize('NFC');

const limited = (min: number, max: number, controls: RegExp) =>
  z
    .string()
    .overwrite((text) => toNfc(text).trim())
    .refine((text) => text.isWellFormed(), { error: 'has half a surrogate pair', abort: true })
    .refine((text) => !controls.test(text), { error: 'has control characters', abort: true })
    .refine((text) => codePointCount(text) >= min, { error: `has fewer than ${min} characters` })
    .refine((text) => codePointCount(text) <= max, { error: `has more than ${max} characters` })
    .meta({ minLength: min, maxLength: max });

/** One line of text, NFC-normalised and trimmed, of `min` to `max` code points, without control characters. */
export const line = (min: number, max: number) => limited(min, max, LINE_CONTROLS);

/** Text of several lines: as {@link line}, with line feeds and tabs. */
export const block = (min: number, max: number) => limited(min, max, BLOCK_CONTROLS);

/**
 * More combining marks than a letter of a living script carries, joiners between them or not; piled up, they run over
 * other lines.
 */
const PILED_UP_MARKS = /((?:\p{M}[\u200c\u200d]*){4})[\p{M}\u200c\u200d]+/gu;
/** What hides text or turns its direction around; joiners stay, since scripts and emoji need them. */
const HIDING = /[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/** Neither space, mark nor format character, nor a letter or a symbol that is drawn as nothing. */
const SOMETHING_TO_SEE = /[^\p{Z}\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

const unhidden = (text: string): string =>
  toNfc(text).replace(HIDING, '').replace(PILED_UP_MARKS, '$1').trim();
const tidy = (text: string): string => unhidden(text.replace(/\s+/gu, ' '));

const seen = (min: number, max: number, clean: (text: string) => string) =>
  z
    .string()
    .overwrite(clean)
    .pipe(line(min, max))
    .refine((text) => SOMETHING_TO_SEE.test(text), { error: 'has nothing to see' })
    .meta({ minLength: min, maxLength: max });

/** A name or a title: as {@link line}; what hides or piles up is taken out, so that none only looks like another. */
export const title = (min: number, max: number) => seen(min, max, unhidden);

/** A line of chat: as {@link line}; white space becomes one space, and what hides or piles up is taken out. */
export const chatLine = (min: number, max: number) => seen(min, max, tidy);
