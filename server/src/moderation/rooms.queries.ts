import { ChatMessage, RoomRole, RoomSettings } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, preparedSql } from '../platform/database.js';
import { preparedAct } from './act.queries.js';

const $ = sql.placeholder;

const Standing = z.object({ performerId: z.string(), role: RoomRole });
/** What a user is in the rooms of a performer. */
export type Standing = z.infer<typeof Standing>;

const standingInStreamStatement = preparedSql(
  'moderation_standing_in_stream',
  Standing,
  sql`select performer_id as "performerId", room_role(performer_id, ${$('userId')}::uuid) as role
    from streams where id = ${$('id')}::uuid`,
);

/** Undefined for an unknown stream. */
export const findStandingInStream = async (
  database: Database,
  of: { id: string; userId: string },
): Promise<Standing | undefined> => (await standingInStreamStatement(database, of))[0];

const standingWithPerformerStatement = preparedSql(
  'moderation_standing_with_performer',
  Standing.extend({ isGone: z.boolean() }),
  sql`select ${$('id')}::uuid as "performerId", room_role(${$('id')}::uuid, ${$('userId')}::uuid) as role,
    not exists (select from users where id = ${$('id')}::uuid and deleted_at is null) as "isGone"`,
);

/** `isGone` for an unknown or deleted user. */
export const findStandingWithPerformer = async (
  database: Database,
  of: { id: string; userId: string },
): Promise<(Standing & { isGone: boolean }) | undefined> =>
  (await standingWithPerformerStatement(database, of))[0];

// Defaults as the table has them: most performers have no row.
const findSettingsStatement = preparedSql(
  'moderation_find_settings',
  RoomSettings,
  sql`select coalesce(slow_mode_seconds, 0) as "slowModeSeconds",
      coalesce(is_followers_only, false) as "isFollowersOnly", coalesce(is_tickets_only, false) as "isTicketsOnly",
      coalesce(are_links_allowed, true) as "areLinksAllowed",
      to_json(coalesce(blocked_terms, '{}')) as "blockedTerms"
    from (select ${$('performerId')}::uuid as id) as performer
    left join room_settings on performer_id = performer.id`,
);

export const findSettings = async (database: Database, performerId: string): Promise<RoomSettings> => {
  const [settings] = await findSettingsStatement(database, { performerId });
  if (!settings) throw new Error('moderation_find_settings gave no row');
  return settings;
};

const textArray = (name: string) =>
  sql`case when ${$(name)}::text is not null then array(select jsonb_array_elements_text(${$(name)}::text::jsonb)) end`;

const updateSettingsStatement = preparedAct(
  'moderation_update_settings',
  RoomSettings,
  sql`update_room_settings(${$('streamId')}::uuid, ${$('actorId')}::uuid, ${$('slowModeSeconds')}::int,
    ${$('isFollowersOnly')}::boolean, ${$('isTicketsOnly')}::boolean, ${$('areLinksAllowed')}::boolean,
    ${textArray('blockedTerms')}, ${textArray('foldedTerms')}, ${$('now')}::timestamptz, ${$('actionId')}::uuid)`,
);

export type SettingsChange = {
  streamId: string;
  actorId: string;
  slowModeSeconds: number | undefined;
  isFollowersOnly: boolean | undefined;
  isTicketsOnly: boolean | undefined;
  areLinksAllowed: boolean | undefined;
  /** As written and as they are compared, each in the place of the other. */
  terms: { written: string[]; folded: string[] } | undefined;
  now: string;
  actionId: string;
};

/** Changes what is given. */
export const updateSettings = (database: Database, { terms, ...change }: SettingsChange) =>
  updateSettingsStatement(database, {
    ...change,
    slowModeSeconds: change.slowModeSeconds ?? null,
    isFollowersOnly: change.isFollowersOnly ?? null,
    isTicketsOnly: change.isTicketsOnly ?? null,
    areLinksAllowed: change.areLinksAllowed ?? null,
    blockedTerms: terms ? JSON.stringify(terms.written) : null,
    foldedTerms: terms ? JSON.stringify(terms.folded) : null,
  });

const pinStatement = preparedAct(
  'moderation_pin',
  ChatMessage,
  sql`pin_message(${$('streamId')}::uuid, ${$('actorId')}::uuid, ${$('messageId')}::uuid, ${$('now')}::timestamptz,
    ${$('actionId')}::uuid)`,
);

type OfStream = { streamId: string; actorId: string; now: string; actionId: string };

/** Pins a message instead of the one that is pinned; with null there is none any more. */
export const pinMessage = (database: Database, of: OfStream & { messageId: string | null }) =>
  pinStatement(database, of);

const clearStatement = preparedAct(
  'moderation_clear',
  z.unknown(),
  sql`clear_chat(${$('streamId')}::uuid, ${$('actorId')}::uuid, ${$('now')}::timestamptz, ${$('actionId')}::uuid)`,
);

export const clearChat = (database: Database, of: OfStream) => clearStatement(database, of);
