import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, preparedSql } from '../platform/database.js';

/** Why nothing was done. */
export const refusals = [
  'not_found',
  'user_not_found',
  'message_not_found',
  'forbidden',
  'protected',
  'oneself',
  'restricted',
] as const;
export type Refusal = (typeof refusals)[number];

/** How a function of 0009_moderate_rooms ended; `streamIds` are the streams whose logs grew by it. */
export type Act<Result> = {
  outcome: 'done' | 'unchanged' | Refusal;
  streamIds: string[];
  result: Result | null;
};

/** Runs one of those functions; `call` is its call with placeholders. */
export const preparedAct = <Result extends z.ZodType>(name: string, result: Result, call: SQL) => {
  const Row = z.object({
    outcome: z.enum(['done', 'unchanged', ...refusals]),
    streamIds: z.array(z.string()),
    result: result.nullable(),
  });
  const statement = preparedSql(
    name,
    Row,
    sql`select outcome, to_json(logged) as "streamIds", result from ${call}`,
  );
  return async (database: Database, values: Record<string, unknown>): Promise<Act<z.output<Result>>> => {
    const [act] = await statement(database, values);
    if (!act) throw new Error(`${name} gave no outcome`);
    return act as Act<z.output<Result>>;
  };
};
