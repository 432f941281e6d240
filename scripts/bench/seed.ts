import type postgres from 'postgres';

const USERS = 2000;
const STREAMS = 5000;
const LIVE_STREAMS = 20;
export const seedSize = `${LIVE_STREAMS} live streams among ${STREAMS}, ${USERS} users`;

/** Fills the database with performers and their public streams. Each live one, every 250th, has a performer of its own. */
export const seed = async (sql: postgres.Sql): Promise<void> => {
  await sql`
    insert into users (id, username, email, password_hash, display_name, bio, avatar_url, role, is_verified)
    select uuidv7(), 'user_' || n, 'user_' || n || '@example.com', 'nobody signs in with this', 'User number ' || n,
      'Lives for the weekend.', case when n % 2 = 0 then '/media/avatars/user_' || n || '.webp' end, 'performer', true
    from generate_series(1, ${USERS}::int) as n`;
  await sql`
    with performers as (select id, row_number() over (order by id) as n from users),
    planned as (
      select n, n % (${STREAMS}::int / ${LIVE_STREAMS}::int) = 0 as is_live,
        timestamptz '2026-01-01 00:00Z' + n * interval '61.237 seconds' as started_at
      from generate_series(1, ${STREAMS}::int) as n
    )
    insert into streams (id, performer_id, title, description, category, tags, status, viewer_count, started_at, ended_at)
    select uuidv7(), performers.id, 'Stream number ' || planned.n,
      'An evening of requests, old favourites and whatever the chat comes up with; bring a drink and stay a while.',
      (array['Music', 'Cooking', 'Art', 'Games', 'Talk'])[1 + planned.n / 7 % 5],
      array['live', 'evening', 'tag' || planned.n % 43],
      case when is_live then 'live' else 'ended' end::stream_status,
      case when is_live then planned.n % 397 else 0 end, started_at, case when not is_live then started_at end
    from planned
    -- The second term keeps the live streams, whose numbers are round, from sharing performers.
    join performers on performers.n = 1 + (planned.n + planned.n / 250) % ${USERS}::int
    order by planned.n`;
  await sql`vacuum analyze users, streams`;
};
