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
