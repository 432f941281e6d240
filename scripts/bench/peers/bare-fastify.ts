import { toIsoTimestamp } from '@versbottomlex/database';
import postgres from 'postgres';
import { buildApp } from '../../../server/dist/app.js';
import { loadConfig, readEnvironment } from '../../../server/dist/config.js';
import { systemClock } from '../../../server/dist/platform/clock.js';
import { connectionOptions } from '../../../server/dist/platform/database.js';
import { createEventBus } from '../../../server/dist/platform/event-bus.js';
import { createLogger } from '../../../server/dist/platform/logger.js';
import { router } from '../../../server/dist/trpc/init.js';

/**
 * The same list without tRPC, zod and drizzle: one hand-written query, prepared by postgres.js, behind the same hooks as
 * ours, because it is our application without a procedure. Told `text-times`, it does not make a Date of every time.
 */
const config = loadConfig(readEnvironment(), () => {
  throw new Error('The environment has no secrets.');
});
const app = await buildApp({
  config,
  logger: createLogger('ERROR', (line) => process.stderr.write(line)),
  services: {} as never,
  database: { isReachable: async () => true },
  bus: createEventBus(),
  clock: systemClock,
  router: router({}),
});

const TIMESTAMPTZ = 1184;
const textTimes = {
  instant: { to: TIMESTAMPTZ, from: [TIMESTAMPTZ], serialize: String, parse: toIsoTimestamp },
};
const sql = postgres(config.database.url ?? '', {
  ...connectionOptions,
  fetch_types: true,
  max: config.database.poolMax,
  ...(process.argv.includes('text-times') && { types: textTimes }),
});

const LIMIT = 20;
app.get('/api/streams', async (_request, reply) => {
  const rows = await sql`
    select s.id, u.id as user_id, u.username, u.display_name, u.avatar_url, u.is_verified, s.title, s.description,
      s.category, s.thumbnail_url, s.tags, s.status, s.is_private, s.price_amount, s.currency, s.viewer_count,
      s.peak_viewer_count, s.scheduled_start_at, s.started_at, s.ended_at, s.created_at, s.updated_at
    from streams s join users u on u.id = s.performer_id
    where s.status = 'live' and not s.is_private
    order by s.id desc limit ${LIMIT + 1}`;
  const items = rows.slice(0, LIMIT).map((row) => ({
    id: row.id,
    performer: {
      id: row.user_id,
      username: row.username,
      displayName: row.display_name,
      avatarUrl: row.avatar_url,
      isVerified: row.is_verified,
    },
    title: row.title,
    description: row.description,
    category: row.category,
    thumbnailUrl: row.thumbnail_url,
    tags: row.tags,
    status: row.status,
    isPrivate: row.is_private,
    price: row.price_amount,
    currency: row.currency,
    viewerCount: row.viewer_count,
    peakViewerCount: row.peak_viewer_count,
    scheduledStartAt: row.scheduled_start_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
  const body = JSON.stringify({ items, nextCursor: null });
  reply.header('content-type', 'application/json; charset=utf-8').send(body);
});
await app.listen({ host: config.host, port: config.port });
