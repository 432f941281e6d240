import { parseArgs } from 'node:util';

/** The smallest value that at least the part `q` of all values does not exceed. */
export const quantile = (values: number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * q) - 1)] ?? Number.NaN;

export const median = (values: number[]): number => quantile(values, 0.5);

/** The median over the rounds of `a` divided by `b` of the same round. */
export const medianRatio = (a: number[], b: number[]): number =>
  median(a.map((value, round) => value / (b[round] ?? Number.NaN)));

/** Rounds of so many seconds. A trial shows that a benchmark works, and is not written down. */
export type Plan = { rounds: number; seconds: number; isTrial: boolean };

const ROUNDS_MIN = 3;

/** What the command line asks for: `--rounds 5 --seconds 5`. Less than three rounds are a trial. */
export const readPlan = (): Plan => {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '5' } },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  if (!(rounds >= 1 && seconds >= 1)) throw new Error('One round of one second is the least.');
  return { rounds, seconds, isTrial: rounds < ROUNDS_MIN };
};

/**
 * Measures every contender once a round, in turn, so that whatever else the machine does meets all of them; the first
 * round warms up and is thrown away. The results are in the order of the contenders, one a round.
 */
export const alternate = async <Contender, Result>(
  contenders: Contender[],
  rounds: number,
  measure: (contender: Contender) => Promise<Result>,
): Promise<Result[][]> => {
  const results = contenders.map((): Result[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    process.stderr.write(round === 0 ? 'Warming up\n' : `Round ${round} of ${rounds}\n`);
    for (const [index, contender] of contenders.entries()) {
      const result = await measure(contender);
      if (round > 0) results[index]?.push(result);
    }
  }
  return results;
};
