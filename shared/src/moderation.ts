import * as z from 'zod';
import { Id } from './ids.js';
import { pageFields, pageOf } from './pagination.js';
import { line } from './text.js';
import { Timestamp } from './timestamps.js';
import { UserSummary } from './users.js';

export const TIMEOUT_SECONDS_MAX = 14 * 24 * 3600;
export const SLOW_MODE_SECONDS_MIN = 3;
export const SLOW_MODE_SECONDS_MAX = 120;
export const BLOCKED_TERMS_MAX = 200;

const SlowModeSeconds = z
  .int()
  .min(0)
  .max(SLOW_MODE_SECONDS_MAX)
  .refine((seconds) => seconds === 0 || seconds >= SLOW_MODE_SECONDS_MIN, {
    error: `must be 0, or from ${SLOW_MODE_SECONDS_MIN} to ${SLOW_MODE_SECONDS_MAX}`,
  })
  .meta({ description: '0 is off; else 3 to 120 between two messages of a viewer.', example: 0 });

/** What a viewer has to meet to write in a performer's room; moderators need not. */
export const RoomModes = z
  .object({
    slowModeSeconds: SlowModeSeconds,
    isFollowersOnly: z.boolean().meta({ example: false }),
    isTicketsOnly: z.boolean().meta({ example: false }),
    areLinksAllowed: z.boolean().meta({ example: true }),
  })
  .meta({ id: 'RoomModes' });
export type RoomModes = z.infer<typeof RoomModes>;

/** The modes and, for those who moderate, the terms that no message may hold. */
export const RoomSettings = z
  .object({ ...RoomModes.shape, blockedTerms: z.array(z.string()).meta({ example: ['buy followers'] }) })
  .meta({ id: 'RoomSettings' });
export type RoomSettings = z.infer<typeof RoomSettings>;

export const GetRoomSettingsInput = z.strictObject({ streamId: Id });

/** Only what is given changes. Terms are plain text, found in whatever case. */
export const UpdateRoomSettingsInput = z
  .strictObject({
    streamId: Id,
    slowModeSeconds: SlowModeSeconds.optional(),
    isFollowersOnly: z.boolean().optional(),
    isTicketsOnly: z.boolean().optional(),
    areLinksAllowed: z.boolean().optional(),
    blockedTerms: z.array(line(2, 50)).max(BLOCKED_TERMS_MAX).optional(),
  })
  .meta({ examples: [{ slowModeSeconds: 10, areLinksAllowed: false }] });
export type UpdateRoomSettingsInput = z.infer<typeof UpdateRoomSettingsInput>;

export const restrictionKinds = ['timeout', 'ban'] as const;
export const RestrictionKind = z.enum(restrictionKinds).meta({ id: 'RestrictionKind', example: 'timeout' });
export type RestrictionKind = z.infer<typeof RestrictionKind>;

/** A timeout or a ban that is in force, as those who moderate see it. */
export const Restriction = z
  .object({
    user: UserSummary,
    kind: RestrictionKind,
    reason: z.string().nullable().meta({ example: 'Spam' }),
    expiresAt: Timestamp.nullable().meta({ description: 'Null for a ban, which lasts until it is lifted.' }),
    createdAt: Timestamp,
  })
  .meta({ id: 'Restriction' });
export type Restriction = z.infer<typeof Restriction>;

export const RestrictionPage = pageOf(Restriction).meta({ id: 'RestrictionPage' });
export type RestrictionPage = z.infer<typeof RestrictionPage>;

const Reason = line(1, 200).meta({ example: 'Spam' });

/** `seconds` goes with a timeout, and only there: 1 second to 14 days. It replaces what the user has now. */
export const RestrictViewerInput = z
  .strictObject({
    streamId: Id,
    userId: Id,
    kind: RestrictionKind,
    seconds: z
      .int()
      .min(1)
      .max(TIMEOUT_SECONDS_MAX)
      .optional()
      .meta({ description: 'How long a timeout lasts, up to 14 days.' }),
    reason: Reason.optional(),
  })
  .refine((input) => (input.kind === 'timeout') === (input.seconds !== undefined), {
    error: 'goes with a timeout, and only there',
    path: ['seconds'],
  })
  .meta({ examples: [{ kind: 'timeout', seconds: 600, reason: 'Spam' }] });
export type RestrictViewerInput = z.infer<typeof RestrictViewerInput>;

export const LiftRestrictionInput = z.strictObject({ streamId: Id, userId: Id });
export type LiftRestrictionInput = z.infer<typeof LiftRestrictionInput>;

export const ListRestrictionsInput = z.strictObject({ streamId: Id, ...pageFields });
export type ListRestrictionsInput = z.infer<typeof ListRestrictionsInput>;

export const PinMessageInput = z.strictObject({ streamId: Id, messageId: Id });
export type PinMessageInput = z.infer<typeof PinMessageInput>;
export const UnpinMessageInput = z.strictObject({ streamId: Id });
export const ClearChatInput = z.strictObject({ streamId: Id });

/** What was done, for calls that have nothing else to tell. */
export const Done = z.object({ isDone: z.literal(true) }).meta({ id: 'Done' });
export type Done = z.infer<typeof Done>;

/** A moderator of a performer's rooms. */
export const Moderator = z.object({ user: UserSummary, createdAt: Timestamp }).meta({ id: 'Moderator' });
export type Moderator = z.infer<typeof Moderator>;

export const ModeratorPage = pageOf(Moderator).meta({ id: 'ModeratorPage' });
export type ModeratorPage = z.infer<typeof ModeratorPage>;

/** `id` is the performer. */
export const AppointModeratorInput = z.strictObject({ id: Id, userId: Id });
export type AppointModeratorInput = z.infer<typeof AppointModeratorInput>;
export const DismissModeratorInput = z.strictObject({ id: Id, userId: Id });
export type DismissModeratorInput = z.infer<typeof DismissModeratorInput>;
export const ListModeratorsInput = z.strictObject({ id: Id, ...pageFields });
export type ListModeratorsInput = z.infer<typeof ListModeratorsInput>;

export const moderationActions = [
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
] as const;
export const ModerationActionKind = z.enum(moderationActions).meta({ id: 'ModerationActionKind' });
export type ModerationActionKind = z.infer<typeof ModerationActionKind>;

/** One line of the log of what was done to a performer's rooms. */
export const ModerationAction = z
  .object({
    id: Id,
    action: ModerationActionKind,
    actor: UserSummary,
    target: UserSummary.nullable(),
    streamId: Id.nullable(),
    messageId: Id.nullable(),
    reason: z.string().nullable(),
    details: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'What changed: the settings that were given, the seconds of a timeout.' }),
    createdAt: Timestamp,
  })
  .meta({ id: 'ModerationAction' });
export type ModerationAction = z.infer<typeof ModerationAction>;

export const ModerationActionPage = pageOf(ModerationAction).meta({ id: 'ModerationActionPage' });
export type ModerationActionPage = z.infer<typeof ModerationActionPage>;

/** Newest first; `id` is the performer. */
export const ListModerationActionsInput = z.strictObject({ id: Id, ...pageFields });
export type ListModerationActionsInput = z.infer<typeof ListModerationActionsInput>;
