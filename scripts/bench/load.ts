import autocannon from 'autocannon';
import type { BenchServer } from './bench-server.js';

export const CONNECTIONS = 32;
const LOAD_SECONDS_MAX = 600;

export type BenchRequest = {
  path: string;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
};

/** Who answers what; requests are sent in turn. */
export type Contender = {
  name: string;
  server: BenchServer;
  requests: BenchRequest[];
  connections?: number;
};

export type Measured = {
  requestsPerSecond: number;
  /** Processor time of the server for one answer. */
  cpuMicroseconds: number;
  /** The part of its core that the server used, from 0 to 1. Well below 1, the rate tells of the load instead. */
  busy: number;
};

const optionsOf = ({ server, requests, connections = CONNECTIONS }: Contender, seconds: number) => ({
  url: server.url,
  requests,
  connections,
  duration: seconds,
});

const requireSuccess = (name: string, result: autocannon.Result): number => {
  const answered = result['2xx'];
  if (result.non2xx > 0 || result.errors > 0 || answered === 0) {
    throw new Error(`${name}: ${result.non2xx} answers were no success, ${result.errors} requests failed.`);
  }
  return answered;
};

/** Sends requests as fast as the answers come. Throws unless each is a success. */
export const measure = async (contender: Contender, seconds: number): Promise<Measured> => {
  const { name, server } = contender;
  const cpuBefore = await server.cpuMicroseconds();
  const startedAt = performance.now();
  const answered = requireSuccess(name, await autocannon(optionsOf(contender, seconds)));
  const took = (performance.now() - startedAt) / 1000;
  const cpu = (await server.cpuMicroseconds()) - cpuBefore;
  return { requestsPerSecond: answered / took, cpuMicroseconds: cpu / answered, busy: cpu / 1e6 / took };
};

/** Runs `work` while the requests are sent, as many at once as there are connections. */
export const whileLoading = async <T>(contender: Contender, work: () => Promise<T>): Promise<T> => {
  let stop = () => {};
  const ended = new Promise<autocannon.Result>((resolve, reject) => {
    const load = autocannon(optionsOf(contender, LOAD_SECONDS_MAX), (error, result) =>
      error ? reject(error) : resolve(result),
    );
    stop = () => load.stop();
  });
  try {
    return await work();
  } finally {
    stop();
    requireSuccess(contender.name, await ended);
  }
};
