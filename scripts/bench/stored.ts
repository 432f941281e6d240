import type { BenchServer } from './bench-server.js';
import { median } from './rounds.js';

/** How much was stored, and in how many seconds. */
export type Work = { stored: number; seconds: number };

/** `cpuMicroseconds` are the server's for one that is stored, `busy` its part of a core. */
export type Stored = { perSecond: number; cpuMicroseconds: number; busy: number };

/** Counts what `work` stores, which also says how long that took, beside the processor time of the server. */
export const measureStored = async (server: BenchServer, work: () => Promise<Work>): Promise<Stored> => {
  const cpuBefore = await server.cpuMicroseconds();
  const startedAt = performance.now();
  const { stored, seconds } = await work();
  const took = (performance.now() - startedAt) / 1000;
  const cpu = (await server.cpuMicroseconds()) - cpuBefore;
  return { perSecond: stored / seconds, cpuMicroseconds: cpu / stored, busy: cpu / 1e6 / took };
};

/** Has a peer store by itself what `order` says. Throws what the peer failed with. */
export const askPeer = async ({ url }: BenchServer, order: object): Promise<Work> => {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(order) });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text);
};

export const ratesOf = (stored: Stored[]): number[] => stored.map(({ perSecond }) => perSecond);

/** A row of a report's table: how many a second, processor time each, and how busy the core was. */
export const storedRow = (name: string, stored: Stored[]): string[] => [
  name,
  median(ratesOf(stored)).toFixed(0),
  median(stored.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(0),
  `${(median(stored.map(({ busy }) => busy)) * 100).toFixed(0)} %`,
];
