import type {
  AppointModeratorInput,
  ChatMessage,
  DismissModeratorInput,
  Done,
  ListModerationActionsInput,
  ListModeratorsInput,
  ListRestrictionsInput,
  ModerationActionPage,
  Moderator,
  ModeratorPage,
  PinMessageInput,
  Restriction,
  RestrictionPage,
  RestrictViewerInput,
  RoomSettings,
  UpdateRoomSettingsInput,
} from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Identity } from '../auth/identity.js';
import { onlyModerators, onlyPerformer } from '../auth/room-refusals.js';
import type { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import { decodeCursor, decodeMomentCursor, toPage } from '../platform/cursor.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import { toBlockedTerms } from './blocked-terms.js';
import * as chat from './chat-acts.queries.js';
import type { Act } from './moderation-acts.queries.js';
import { refused } from './moderation-refusal.js';
import * as moderators from './moderators.queries.js';
import * as restrictions from './restrictions.queries.js';
import * as settings from './room-settings.queries.js';
import * as standings from './room-standing.queries.js';

const done: Done = { isDone: true };

const placeOfMember = ({ user, createdAt }: { user: { id: string }; createdAt: string }) =>
  [createdAt, user.id] as const;

const ActionPlace = z.tuple([z.uuid()]);

type Deps = { database: Database; bus: EventBus; clock: Clock; logger: Logger };

/**
 * What keeps a performer's rooms civil. Every act is one statement, which checks the actor's role after it has locked
 * what it changes, writes the line of the moderation log and tells the rooms. What was so before is no act: it
 * succeeds and leaves no line.
 */
export const createModerationService = ({ database, bus, clock, logger }: Deps) => {
  const actBy = (identity: Identity) => ({
    actorId: identity.userId,
    actionId: uuidv7(),
    now: clock.now().toISOString(),
  });

  /** Throws what a refusal means; otherwise lets the rooms read their logs, and says what was done. */
  const settle = async <Result>(
    name: string,
    of: Record<string, unknown>,
    acting: Promise<Act<Result>>,
    forbidden = onlyModerators,
  ) => {
    const { outcome, streamIds, result } = await acting;
    if (outcome !== 'done' && outcome !== 'unchanged') throw refused(outcome, forbidden);
    for (const streamId of streamIds) bus.publish({ type: 'streamLogged', streamId, entries: [] });
    if (outcome === 'done') logger.info(name, of);
    return result;
  };

  const settleWithResult = async <Result>(...args: Parameters<typeof settle<Result>>): Promise<Result> => {
    const result = await settle(...args);
    if (result === null) throw new Error(`${args[0]}: the statement gave no result`);
    return result;
  };

  /** The performer of the stream. Throws NOT_FOUND; FORBIDDEN unless the caller moderates it. */
  const requireModerating = async (identity: Identity, streamId: string): Promise<string> => {
    const standing = await standings.findStandingInStream(database, {
      id: streamId,
      userId: identity.userId,
    });
    if (!standing) throw refused('not_found');
    if (standing.role === 'viewer') throw onlyModerators();
    return standing.performerId;
  };

  /** Throws `forbidden` unless the caller has one of `roles` with the performer, NOT_FOUND when that one is gone. */
  const requireRole = async (
    identity: Identity,
    id: string,
    roles: readonly standings.Standing['role'][],
    forbidden: () => AppError,
  ) => {
    const standing = await standings.findStandingWithPerformer(database, { id, userId: identity.userId });
    if (!standing || !roles.includes(standing.role)) throw forbidden();
    if (standing.isGone) throw refused('user_not_found');
  };

  return {
    /** Throws NOT_FOUND, FORBIDDEN. */
    getSettings: async (identity: Identity, streamId: string): Promise<RoomSettings> =>
      settings.findSettings(database, await requireModerating(identity, streamId)),

    /** Changes what is given. Throws NOT_FOUND, FORBIDDEN, VALIDATION_FAILED for a term that is too short. */
    updateSettings: async (identity: Identity, input: UpdateRoomSettingsInput): Promise<RoomSettings> => {
      const { streamId, slowModeSeconds, isFollowersOnly, isTicketsOnly, areLinksAllowed } = input;
      const terms = input.blockedTerms && toBlockedTerms(input.blockedTerms);
      const modes = { slowModeSeconds, isFollowersOnly, isTicketsOnly, areLinksAllowed };
      const change = { streamId, ...modes, terms, ...actBy(identity) };
      const of = { streamId, byUserId: identity.userId };
      return settleWithResult('Room settings changed', of, settings.updateSettings(database, change));
    },

    /** Times out or bans. Throws NOT_FOUND, FORBIDDEN, VALIDATION_FAILED for oneself. */
    restrict: async (identity: Identity, input: RestrictViewerInput): Promise<Restriction> => {
      const { streamId, userId, kind, seconds = null, reason = null } = input;
      const restriction = {
        streamId,
        userId,
        kind,
        seconds,
        reason,
        dismissalId: uuidv7(),
        ...actBy(identity),
      };
      const of = { streamId, userId, kind, byUserId: identity.userId };
      return settleWithResult('Viewer restricted', of, restrictions.restrictViewer(database, restriction));
    },

    /** Throws NOT_FOUND, FORBIDDEN. */
    lift: async (identity: Identity, input: { streamId: string; userId: string }): Promise<Done> => {
      const lifting = restrictions.liftRestriction(database, { ...input, ...actBy(identity) });
      await settle('Restriction lifted', { ...input, byUserId: identity.userId }, lifting);
      return done;
    },

    /** Those in force, newest first. Throws NOT_FOUND, FORBIDDEN, VALIDATION_FAILED for a foreign cursor. */
    listRestrictions: async (identity: Identity, input: ListRestrictionsInput): Promise<RestrictionPage> => {
      const { streamId, limit, cursor } = input;
      const place = decodeMomentCursor(cursor);
      const performerId = await requireModerating(identity, streamId);
      const of = { performerId, now: clock.now().toISOString(), limit: limit + 1, ...place };
      return toPage(await restrictions.listRestrictions(database, of), limit, placeOfMember);
    },

    /** Throws NOT_FOUND also for a message that is deleted or cleared, FORBIDDEN. */
    pin: async (identity: Identity, input: PinMessageInput): Promise<ChatMessage> => {
      const pinning = chat.pinMessage(database, { ...input, ...actBy(identity) });
      return settleWithResult('Message pinned', { ...input, byUserId: identity.userId }, pinning);
    },

    /** Throws NOT_FOUND, FORBIDDEN. */
    unpin: async (identity: Identity, streamId: string): Promise<Done> => {
      const unpinning = chat.pinMessage(database, { streamId, messageId: null, ...actBy(identity) });
      await settle('Message unpinned', { streamId, byUserId: identity.userId }, unpinning);
      return done;
    },

    /** Takes every message so far out of the chat. Throws NOT_FOUND, FORBIDDEN. */
    clear: async (identity: Identity, streamId: string): Promise<Done> => {
      const clearing = chat.clearChat(database, { streamId, ...actBy(identity) });
      await settle('Chat cleared', { streamId, byUserId: identity.userId }, clearing);
      return done;
    },

    /** Throws FORBIDDEN, NOT_FOUND, CONFLICT for whoever is restricted, VALIDATION_FAILED for the performer. */
    appoint: async (identity: Identity, { id, userId }: AppointModeratorInput): Promise<Moderator> => {
      const of = { performerId: id, userId, ...actBy(identity) };
      const appointing = moderators.appointModerator(database, of);
      const told = { performerId: id, userId, byUserId: identity.userId };
      return settleWithResult('Moderator appointed', told, appointing, onlyPerformer);
    },

    /** Throws FORBIDDEN, NOT_FOUND. */
    dismiss: async (identity: Identity, { id, userId }: DismissModeratorInput): Promise<Done> => {
      const of = { performerId: id, userId, ...actBy(identity) };
      const dismissing = moderators.dismissModerator(database, of);
      const told = { performerId: id, userId, byUserId: identity.userId };
      await settle('Moderator dismissed', told, dismissing, onlyPerformer);
      return done;
    },

    /** Throws FORBIDDEN, NOT_FOUND, VALIDATION_FAILED for a foreign cursor. */
    listModerators: async (
      identity: Identity,
      { id, limit, cursor }: ListModeratorsInput,
    ): Promise<ModeratorPage> => {
      const place = decodeMomentCursor(cursor);
      await requireRole(identity, id, ['performer', 'moderator', 'admin'], onlyModerators);
      const rows = await moderators.listModerators(database, { performerId: id, limit: limit + 1, ...place });
      return toPage(rows, limit, placeOfMember);
    },

    /** The moderation log, newest first. Throws FORBIDDEN, NOT_FOUND, VALIDATION_FAILED for a foreign cursor. */
    listActions: async (
      identity: Identity,
      { id, limit, cursor }: ListModerationActionsInput,
    ): Promise<ModerationActionPage> => {
      const afterId = cursor === undefined ? null : decodeCursor(cursor, ActionPlace)[0];
      await requireRole(identity, id, ['performer', 'admin'], onlyPerformer);
      const rows = await moderators.listActions(database, { performerId: id, limit: limit + 1, afterId });
      return toPage(rows, limit, (action) => [action.id]);
    },
  };
};

export type ModerationService = ReturnType<typeof createModerationService>;
