import { z } from 'zod';

const LINE_CONTROLS = /\p{Cc}/u;
const BLOCK_CONTROLS = /[^\P{Cc}\n\t]/u;

/** How many characters a person would count: code points, as JSON Schema's minLength counts them. */
export const codePointCount = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

const limited = (min: number, max: number, controls: RegExp) =>
  z
    .string()
    .overwrite((text) => text.normalize('NFC').trim())
    .refine((text) => text.isWellFormed(), { error: 'has half a surrogate pair', abort: true })
    .refine((text) => !controls.test(text), { error: 'has control characters', abort: true })
    .refine((text) => codePointCount(text) >= min, { error: `has fewer than ${min} characters` })
    .refine((text) => codePointCount(text) <= max, { error: `has more than ${max} characters` })
    .meta({ minLength: min, maxLength: max });

/** One line of text, NFC-normalised and trimmed, of `min` to `max` code points, without control characters. */
export const line = (min: number, max: number) => limited(min, max, LINE_CONTROLS);

/** Text of several lines: as {@link line}, with line feeds and tabs. */
export const block = (min: number, max: number) => limited(min, max, BLOCK_CONTROLS);

/** More combining marks than a letter of a living script carries; piled up, they run over other lines. */
const PILED_UP_MARKS = /(\p{M}{4})\p{M}+/gu;
/** What hides text or turns its direction around; joiners stay, since scripts and emoji need them. */
const HIDING = /[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

const tidy = (text: string): string =>
  text.normalize('NFC').replace(/\s+/gu, ' ').replace(HIDING, '').replace(PILED_UP_MARKS, '$1').trim();

/** A line of chat: as {@link line}; white space becomes one space, and what hides or piles up is taken out. */
export const chatLine = (min: number, max: number) =>
  z
    .string()
    .overwrite(tidy)
    .pipe(line(min, max))
    .refine((text) => /[^\p{Z}\p{M}\p{Cf}]/u.test(text), { error: 'has nothing to see' })
    .meta({ minLength: min, maxLength: max });
