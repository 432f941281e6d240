import postgres from 'postgres';
import { expect } from 'vitest';
import { outcomeOf } from './outcome.js';

const LOCK = 4711;

/**
 * Has inserts of streams and sessions, and starts of streams, wait between their reading and their writing for as long
 * as a test says, in the database at `url`.
 */
export const holdWrites = async (url: string) => {
  const direct = postgres(url, { max: 1, onnotice: () => {} });
  await direct.unsafe(`
    create function wait_for_test() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(${LOCK});
      return new;
    end $$;
    create trigger wait_for_test before insert on streams for each row execute function wait_for_test();
    create trigger wait_for_test before insert on sessions for each row execute function wait_for_test();
    create trigger wait_for_test_to_start before update on streams
      for each row when (new.status = 'live') execute function wait_for_test()`);
  const waitingCount = async (): Promise<number> => {
    const rows = await direct`
      select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    return rows.count;
  };

  return {
    /** How `write` ends, and `other`, which begins in the middle of it. */
    during: async (write: () => Promise<unknown>, other: () => Promise<unknown>): Promise<string[]> => {
      await direct`select pg_advisory_lock(${LOCK})`;
      const written = outcomeOf(write());
      await expect.poll(waitingCount).toBe(1);
      let hasEnded = false;
      const ended = outcomeOf(other()).finally(() => {
        hasEnded = true;
      });
      await expect.poll(async () => hasEnded || (await waitingCount()) === 2).toBe(true);
      await direct`select pg_advisory_unlock(${LOCK})`;
      return Promise.all([written, ended]);
    },
    close: () => direct.end(),
  };
};
