import { describe, expect, it } from 'vitest';
import { block, chatLine, line, title } from './text.js';

/** What normalisation has to sort, one mark past all before it. */
const marks = (count: number) => '\u0300\u0316'.repeat(count / 2);

const millisecondsOf = (work: () => unknown): number => {
  const begun = performance.now();
  work();
  return performance.now() - begun;
};

describe('text of any length', () => {
  it.each([
    ['line', line(1, 100)],
    ['block', block(0, 5000)],
    ['chatLine', chatLine(1, 500)],
    ['title', title(1, 100)],
  ])('is judged by a %s in time that grows with its length, however its marks are piled up', (_, schema) => {
    // Sorting this many takes a minute.
    expect(millisecondsOf(() => schema.safeParse(`a${marks(400_000)}`))).toBeLessThan(1000);
  });

  it('keeps the marks that a language piles up', () => {
    const tibetan = 'ཧྐྵྨླྺྼྻྂ';
    expect(line(1, 100).parse(tibetan)).toBe(tibetan.normalize('NFC'));
    expect(line(1, 100).parse('e\u0301')).toBe('é');
  });
});

it('takes no message in which there is nothing to see', () => {
  for (const unseen of [
    '\u3164',
    '\uffa0',
    '\u115f\u1160',
    '\u2800',
    '\u2800 \u3164',
    '\u17b4',
    '\u{e0041}',
    '\u034f',
  ]) {
    expect(chatLine(1, 500).safeParse(unseen).success, escape(unseen)).toBe(false);
  }
  expect(chatLine(1, 500).parse('\u2800⣿')).toBe('\u2800⣿');
});

it('thins out marks that are piled up, also around joiners', () => {
  const countOf = (text: string) =>
    [...chatLine(1, 500).parse(text)].filter((each) => /\p{M}/u.test(each)).length;
  expect(countOf(`e${'\u0300'.repeat(50)}`)).toBeLessThanOrEqual(4);
  expect(countOf(`x${'\u0300\u0300\u200d'.repeat(50)}`)).toBeLessThanOrEqual(4);
  expect(chatLine(1, 500).parse('❤️‍🔥 👩‍❤️‍💋‍👩')).toBe('❤️‍🔥 👩‍❤️‍💋‍👩');
});

it('takes out of a name what would make it look like another, and refuses one that is nothing else', () => {
  expect(title(1, 50).parse('A\u200bva\u202e\u2066 ❤️‍🔥')).toBe('Ava ❤️‍🔥');
  expect(title(1, 50).safeParse('\u200b\u202e').success).toBe(false);
  expect(title(1, 50).safeParse('\u3164').success).toBe(false);
  expect(title(1, 50).safeParse('two\nlines').success).toBe(false);
});
