import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { FuzzRequest } from './requests.js';

export type FuzzAnswer = { status: number; headers: IncomingHttpHeaders; text: string };

const PATIENCE_MS = 20_000;

/** Sends requests as they are, over connections that are kept. Rejects when there is no answer. */
export const createSender = (url: string, connections: number) => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);
  return {
    send: ({ method, path, headers, body }: Omit<FuzzRequest, 'template'>): Promise<FuzzAnswer> =>
      new Promise((resolve, reject) => {
        const sent = request(
          { agent, hostname, port, method, path, headers, timeout: PATIENCE_MS },
          (answer) => {
            let text = '';
            answer.setEncoding('utf8').on('data', (chunk: string) => {
              text += chunk;
            });
            answer.on('end', () =>
              resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
            );
            answer.on('error', reject);
          },
        );
        sent.on('timeout', () => sent.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
        sent.on('error', reject);
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
};
export type Sender = ReturnType<typeof createSender>;
