import postgres from 'postgres';
import { expect } from 'vitest';

export type HeldTransaction = {
  commit(): Promise<void>;
  /** Ends its server process, as a crash of ours would. */
  kill(): Promise<void>;
  /** Resolves once another statement of the database waits for a lock. */
  untilWaitedFor(): Promise<void>;
};

/** Runs a statement in a transaction of its own, which stays open until the test says what becomes of it. */
export const holdTransaction = async (url: string, statement: string): Promise<HeldTransaction> => {
  const held = postgres(url, { max: 1, onnotice: () => {} });
  const observer = postgres(url, { max: 1, onnotice: () => {} });
  await held.unsafe('begin');
  const [backend] = await held<{ pid: number }[]>`select pg_backend_pid() as pid`;
  await held.unsafe(statement);
  const close = async () => {
    await held.end({ timeout: 1 });
    await observer.end({ timeout: 1 });
  };
  return {
    commit: async () => {
      await held.unsafe('commit');
      await close();
    },
    kill: async () => {
      await observer`select pg_terminate_backend(${backend?.pid ?? 0}, 5000)`;
      await close();
    },
    untilWaitedFor: () =>
      expect
        .poll(async () => {
          const waiting = await observer`
            select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
          return waiting.length;
        })
        .toBeGreaterThan(0),
  };
};
