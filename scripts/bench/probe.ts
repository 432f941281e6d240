import { Agent, get } from 'node:http';
import type { BenchServer } from './bench-server.js';
import type { BenchRequest } from './load.js';
import { quantile } from './rounds.js';

export type Latency = { p50: number; p99: number };

const ask = (agent: Agent, url: string, { path, headers = {} }: BenchRequest): Promise<void> =>
  new Promise((resolve, reject) => {
    get(`${url}${path}`, { agent, headers }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${path} answered ${response.statusCode}.`));
      });
    }).once('error', reject);
  });

/** Asks one at a time on one connection; how long the answers took, in milliseconds. */
export const probe = async (
  server: BenchServer,
  requests: BenchRequest[],
  seconds: number,
): Promise<Latency> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const took: number[] = [];
  const endsAt = performance.now() + seconds * 1000;
  try {
    for (let index = 0; performance.now() < endsAt; index += 1) {
      const request = requests[index % requests.length];
      if (!request) throw new Error('There is nothing to ask.');
      const startedAt = performance.now();
      await ask(agent, server.url, request);
      took.push(performance.now() - startedAt);
    }
  } finally {
    agent.destroy();
  }
  return { p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
};
