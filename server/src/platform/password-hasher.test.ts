import { describe, expect, it } from 'vitest';
import { outcomeOf, tally } from '../../test/outcome.js';
import { createPasswordHasher } from './password-hasher.js';

const PASSWORD = 'correct horse battery';
/** Verifications of one hash, and of none; the quickest of several is what noise touches least. */
const quickest = async (run: () => Promise<unknown>): Promise<number> => {
  const tookMs: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const startedAtMs = performance.now();
    await run();
    tookMs.push(performance.now() - startedAtMs);
  }
  return Math.min(...tookMs);
};

describe('a hash', () => {
  const hasher = createPasswordHasher();

  it('is argon2id at the cost that OWASP asks for, with a salt of its own', async () => {
    const [one, other] = await Promise.all([hasher.hash(PASSWORD), hasher.hash(PASSWORD)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2\$/);
    expect(other).not.toBe(one);
  });

  it('is matched by its password only', async () => {
    const hash = await hasher.hash(PASSWORD);
    expect(await hasher.verify(hash, PASSWORD)).toBe(true);
    for (const wrong of ['', PASSWORD.toUpperCase(), `${PASSWORD} `, PASSWORD.slice(0, -1)]) {
      expect(await hasher.verify(hash, wrong)).toBe(false);
    }
  });

  it('is the same for a password that another keyboard composes differently', async () => {
    const hash = await hasher.hash('café au lait'.normalize('NFD'));
    expect(await hasher.verify(hash, 'café au lait'.normalize('NFC'))).toBe(true);
  });
});

describe('nobody', () => {
  const hasher = createPasswordHasher();

  it('has no password', async () => {
    expect(await hasher.verify(undefined, PASSWORD)).toBe(false);
    expect(await hasher.verify(undefined, 'the password of nobody')).toBe(false);
  });

  it('takes as long to refuse as anybody', async () => {
    const hash = await hasher.hash(PASSWORD);
    const ofSomebodyMs = await quickest(() => hasher.verify(hash, 'wrong'));
    const ofNobodyMs = await quickest(() => hasher.verify(undefined, 'wrong'));
    expect(ofNobodyMs / ofSomebodyMs).toBeGreaterThan(0.5);
    expect(ofNobodyMs / ofSomebodyMs).toBeLessThan(2);
  });
});

describe('more hashes than cores', () => {
  it('wait for each other', async () => {
    const hasher = createPasswordHasher(1, 10);
    const ended: number[] = [];
    await Promise.all(
      [0, 1, 2].map(async (index) => {
        await hasher.hash(PASSWORD);
        ended.push(index);
      }),
    );
    expect(ended).toEqual([0, 1, 2]);
  });

  it('are OVERLOADED beyond the queue, which empties again', async () => {
    const hasher = createPasswordHasher(1, 3);
    const counts = await tally(Array.from({ length: 20 }, () => hasher.verify(undefined, PASSWORD)));
    expect(counts).toEqual({ ok: 1 + 3, OVERLOADED: 16 });
    expect(await outcomeOf(hasher.hash(PASSWORD))).toBe('ok');
  });

  it('give their place on when one fails', async () => {
    const hasher = createPasswordHasher(1, 10);
    const outcomes = await Promise.allSettled([hasher.verify('not a hash', PASSWORD), hasher.hash(PASSWORD)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });
});
