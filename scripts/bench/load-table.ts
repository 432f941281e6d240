import { databaseSettings } from './bench-database.js';
import { CONNECTIONS, type Measured } from './load.js';
import type { Table } from './report.js';
import { median, medianRatio, type Plan } from './rounds.js';

/** One line for each contender's measurements: medians over the rounds. */
export const loadTable = (lines: [name: string, measured: Measured[]][]): Table => ({
  head: ['', 'CPU µs an answer', 'answers a second', 'core in use'],
  rows: lines.map(([name, measured]) => {
    const of = (key: keyof Measured) => median(measured.map((one) => one[key]));
    return [
      name,
      of('cpuMicroseconds').toFixed(0),
      of('requestsPerSecond').toFixed(0),
      `${(of('busy') * 100).toFixed(0)} %`,
    ];
  }),
});

/** How many times as fast `a` is as `b`, by the server's processor time. */
export const speed = (a: Measured[], b: Measured[]): number =>
  medianRatio(
    b.map(({ cpuMicroseconds }) => cpuMicroseconds),
    a.map(({ cpuMicroseconds }) => cpuMicroseconds),
  );

/** How a load was measured, in a paragraph. */
export const describeLoad = ({ rounds, seconds }: Plan): string => {
  const settings = Object.entries(databaseSettings).map(([name, value]) => `\`${name} = ${value}\``);
  return [
    `Server on one core; load (autocannon, ${CONNECTIONS} connections) and database on the other.`,
    `${rounds} rounds of ${seconds} s in turn after a warm-up; medians, and ratios of processor time within a round.`,
    `PostgreSQL with ${settings.join(', ')}.`,
  ].join(' ');
};
