import { roomModeDefaults } from '@versbottomlex/database';
import { RoomSettings } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, preparedSql } from '../platform/database.js';
import { preparedAct } from './moderation-acts.queries.js';

const $ = sql.placeholder;

const findSettingsStatement = preparedSql(
  'moderation_find_settings',
  z.object({ settings: RoomSettings }),
  sql`select room_modes(room_settings) || jsonb_build_object('blockedTerms', blocked_terms) as settings
    from room_settings where performer_id = ${$('performerId')}::uuid`,
);

/** The defaults for a performer who has changed nothing, as most have not. */
export const findSettings = async (database: Database, performerId: string): Promise<RoomSettings> => {
  const [row] = await findSettingsStatement(database, { performerId });
  return row?.settings ?? { ...roomModeDefaults, blockedTerms: [] };
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
