import { type ErrorCode, Leaderboard, TipGoal } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { BigintColumn, type Database, onlyRow, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const findGoalStatement = preparedSql(
  'tips_find_goal',
  z.object({ goal: TipGoal }),
  sql`select tip_goal(tip_goals) as goal from tip_goals
    where stream_id = ${$('streamId')}::uuid and ended_at is null`,
);

/** What the tips of a stream are collected for now. */
export const findGoal = async (database: Database, streamId: string): Promise<TipGoal | null> =>
  (await findGoalStatement(database, { streamId }))[0]?.goal ?? null;

const GoalChange = z.object({
  outcome: z.custom<'done' | 'unchanged' | ErrorCode>(),
  seq: BigintColumn.nullable(),
  goal: TipGoal.nullable(),
});
export type GoalChange = z.infer<typeof GoalChange>;

const setGoalStatement = preparedSql(
  'tips_set_goal',
  GoalChange,
  sql`select outcome, new_seq as seq, result as goal
    from set_tip_goal(${$('streamId')}::uuid, ${$('actorId')}::uuid, ${$('id')}::uuid, ${$('title')}::text,
      ${$('targetAmount')}::int, ${$('now')}::timestamptz)`,
);

/** Puts a goal in the place of the one before, or with a null title nothing. `seq` is its event's place in the log. */
export const setGoal = (
  database: Database,
  of: {
    streamId: string;
    actorId: string;
    id: string;
    title: string | null;
    targetAmount: number | null;
    now: string;
  },
): Promise<GoalChange> => onlyRow(setGoalStatement(database, of));

const listTippersStatement = preparedSql(
  'tips_list_tippers',
  Leaderboard.shape.items.element,
  // Nulls last, though there are none, because the index has them there; the window reads no more of it than the limit.
  sql`select rank, user_summary(users) as user, amount::float8 as amount, tip_count as "tipCount"
    from (
      select rank() over (order by amount desc)::int as rank, user_id, amount, tip_count
      from stream_tippers
      where stream_id = ${$('streamId')}::uuid and amount > 0
      order by amount desc, user_id
      limit ${$('limit')}::int
    ) as tippers
    join users on users.id = tippers.user_id
    order by rank, user_id`,
);

/** Who tipped the most in a stream under their own name. */
export const listTippers = (
  database: Database,
  of: { streamId: string; limit: number },
): Promise<Leaderboard['items']> => listTippersStatement(database, of);
