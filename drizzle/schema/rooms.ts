import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.js';
import { streams } from './streams.js';
import { users } from './users.js';

const performerId = () =>
  uuid('performer_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' });

/** The modes of a performer without a row of settings, which is also what a new row begins with. */
export const roomModeDefaults = {
  slowModeSeconds: 0,
  isFollowersOnly: false,
  isTicketsOnly: false,
  areLinksAllowed: true,
};

/** How a performer's rooms are kept civil, from one stream to the next. No row means the defaults. */
export const roomSettings = pgTable(
  'room_settings',
  {
    performerId: performerId().primaryKey(),
    /** 0 is off. */
    slowModeSeconds: integer('slow_mode_seconds').notNull().default(roomModeDefaults.slowModeSeconds),
    isFollowersOnly: boolean('is_followers_only').notNull().default(roomModeDefaults.isFollowersOnly),
    isTicketsOnly: boolean('is_tickets_only').notNull().default(roomModeDefaults.isTicketsOnly),
    areLinksAllowed: boolean('are_links_allowed').notNull().default(roomModeDefaults.areLinksAllowed),
    /** As the performer wrote them; `folded_terms` is what messages are compared with. */
    blockedTerms: text('blocked_terms').array().notNull().default(sql`'{}'`),
    foldedTerms: text('folded_terms').array().notNull().default(sql`'{}'`),
  },
  (table) => [
    check(
      'room_settings_slow_mode_range',
      sql`${table.slowModeSeconds} = 0 or ${table.slowModeSeconds} between 3 and 120`,
    ),
    check('room_settings_terms_count', sql`cardinality(${table.blockedTerms}) <= 200`),
  ],
);

/** Who moderates a performer's rooms. */
export const roomModerators = pgTable(
  'room_moderators',
  {
    performerId: performerId(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ name: 'room_moderators_pkey', columns: [table.performerId, table.userId] }),
    check('room_moderators_not_oneself', sql`${table.performerId} <> ${table.userId}`),
  ],
);

export const restrictionKind = pgEnum('restriction_kind', ['timeout', 'ban']);

/** Who may not write (timeout) or not enter (ban) a performer's rooms; one row a user, the latest. */
export const roomRestrictions = pgTable(
  'room_restrictions',
  {
    performerId: performerId(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    kind: restrictionKind('kind').notNull(),
    reason: text('reason'),
    /** Null exactly for a ban. */
    expiresAt: instant('expires_at'),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ name: 'room_restrictions_pkey', columns: [table.performerId, table.userId] }),
    check(
      'room_restrictions_timeout_expires',
      sql`(${table.kind} = 'timeout') = (${table.expiresAt} is not null)`,
    ),
    check('room_restrictions_not_oneself', sql`${table.performerId} <> ${table.userId}`),
    check('room_restrictions_reason_length', sql`length(${table.reason}) between 1 and 200`),
  ],
);

export const moderationActionKind = pgEnum('moderation_action_kind', [
  'moderator_appointed',
  'moderator_dismissed',
  'viewer_timed_out',
  'viewer_banned',
  'restriction_lifted',
  'settings_changed',
  'message_deleted',
  'message_pinned',
  'message_unpinned',
  'chat_cleared',
]);

/** What was done to a performer's rooms, by whom and why. Append-only, which triggers hold. */
export const moderationActions = pgTable(
  'moderation_actions',
  {
    id: id(),
    performerId: uuid('performer_id')
      .notNull()
      .references(() => users.id, { onDelete: 'restrict' }),
    action: moderationActionKind('action').notNull(),
    actorId: uuid('actor_id')
      .notNull()
      .references(() => users.id, { onDelete: 'restrict' }),
    targetId: uuid('target_id').references(() => users.id, { onDelete: 'restrict' }),
    streamId: uuid('stream_id').references(() => streams.id, { onDelete: 'restrict' }),
    /** Not a foreign key: the log outlives the message. */
    messageId: uuid('message_id'),
    reason: text('reason'),
    /** The settings that were given, or the seconds of a timeout. */
    details: jsonb('details'),
    createdAt: createdAt(),
  },
  (table) => [
    // The log of a performer, newest first.
    index('moderation_actions_performer_idx').on(table.performerId, table.id),
  ],
);

/** Who follows whom. */
export const follows = pgTable(
  'follows',
  {
    followerId: uuid('follower_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    followedId: uuid('followed_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
  },
  (table) => [
    // Also the list of whom somebody follows.
    primaryKey({ name: 'follows_pkey', columns: [table.followerId, table.followedId] }),
    // The count of followers.
    index('follows_followed_idx').on(table.followedId),
    check('follows_not_oneself', sql`${table.followerId} <> ${table.followedId}`),
  ],
);
