import type { Stream } from '@versbottomlex/shared';
import { textOf } from './bench-event.js';
import type { BenchServer } from './bench-server.js';
import type { Target } from './senders.js';
import { signUp } from './sign-up.js';

export type LiveRoom = {
  streamId: string;
  /** The accounts that write in it. */
  authorIds: string[];
  /** `chat.send` of each account in turn. */
  targets: Target[];
};

/** A public live stream of a new performer, and new accounts that chat in it. `name` is part of their names. */
export const openLiveRoom = async (server: BenchServer, name: string, authors: number): Promise<LiveRoom> => {
  const performer = await signUp(server, `bench_${name}`);
  const response = await fetch(`${server.url}/api/streams`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${performer.accessToken}` },
    body: JSON.stringify({ title: 'An evening of benchmarks' }),
  });
  if (response.status !== 201) throw new Error(`Creating a stream answered ${response.status}.`);
  const { id } = (await response.json()) as Stream;
  const accounts = await Promise.all(
    Array.from({ length: authors }, (_, index) => signUp(server, `bench_${name}_${index}`)),
  );
  return {
    streamId: id,
    authorIds: accounts.map(({ user }) => user.id),
    targets: accounts.map(({ accessToken }) => ({
      path: `/api/streams/${id}/messages`,
      headers: { Authorization: `Bearer ${accessToken}` },
      body: (sequence) => JSON.stringify({ content: textOf(sequence) }),
    })),
  };
};
