import type { FanOut, Room } from './fan-out.js';
import type { Table } from './report.js';
import { median, medianRatio } from './rounds.js';

/** Measurements of one contender over the rounds, beside those of the raw broadcast in the same rounds. */
export type FanOutLine = { name: string; measured: FanOut[]; raw: FanOut[] };

/** How many times what raw takes, or what it waits, `line` does; the median over the rounds. */
export const timesRaw = ({ measured, raw }: FanOutLine, key: keyof FanOut): number =>
  medianRatio(
    measured.map((one) => one[key]),
    raw.map((one) => one[key]),
  );

export const medianOf = (measured: FanOut[], key: keyof FanOut): number =>
  median(measured.map((one) => one[key]));

const inMs = (value: number): string => (Number.isNaN(value) ? '' : value.toFixed(1));

const inPercent = (part: number): string => `${(part * 100).toFixed(0)} %`;

/** One row a contender; times in milliseconds. */
export const fanOutTable = (about: string, lines: FanOutLine[]): Table => ({
  head: [
    about,
    'CPU µs a delivery',
    '× raw',
    'answer p50',
    'first p50',
    'all p50',
    'all p99',
    'after the first p99',
    'bytes',
    'core in use',
    'load',
  ],
  rows: lines.map((line) => {
    const of = (key: keyof FanOut) => medianOf(line.measured, key);
    return [
      line.name,
      of('cpuMicroseconds').toFixed(2),
      timesRaw(line, 'cpuMicroseconds').toFixed(2),
      inMs(of('answerP50')),
      inMs(of('firstP50')),
      inMs(of('sentP50')),
      inMs(of('sentP99')),
      inMs(of('spreadP99')),
      of('bytes') === 0 ? '' : of('bytes').toFixed(0),
      inPercent(of('busy')),
      inPercent(of('loadBusy')),
    ];
  }),
});

const inKb = (bytes: number): string => `${(bytes / 1000).toFixed(1)}`;

export const memoryTable = (sizes: { size: number; rooms: Room[] }[]): Table => ({
  head: ['kB a connection', ...sizes.map(({ size }) => `N = ${size}`)],
  rows: (sizes[0]?.rooms ?? []).map(({ name }, index) => [
    name,
    ...sizes.map(({ rooms }) => inKb(rooms[index]?.connectionBytes ?? Number.NaN)),
  ]),
});
