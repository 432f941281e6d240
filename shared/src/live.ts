import * as z from 'zod';
import { AuthExpiringEvent } from './auth-expiring.js';
import { ChatMessage } from './chat.js';
import { Id } from './ids.js';
import { RestrictionKind, RoomModes } from './moderation.js';
import { Audience } from './presence.js';
import { Stream } from './streams.js';
import { Timestamp } from './timestamps.js';
import { Tip, TipGoal } from './tips.js';
import { UserSummary } from './users.js';

/** How many events a reconnecting client is sent; whoever missed more starts anew with `resync`. */
export const REPLAY_EVENTS_MAX = 500;
/** How many messages a snapshot holds. */
export const SNAPSHOT_MESSAGES = 50;

/** How the room is now: what every feed opens with, and what follows a `resync`. Messages are oldest first. */
export const SnapshotEvent = z.object({
  type: z.literal('snapshot'),
  stream: Stream,
  messages: z.array(ChatMessage),
  pinnedMessage: ChatMessage.nullable(),
  modes: RoomModes,
  tipGoal: TipGoal.nullable(),
  ...Audience.shape,
});

/** More was missed than can be replayed: forget what was shown; a snapshot follows. */
export const ResyncEvent = z.object({ type: z.literal('resync') });

export const ChatMessageEvent = z.object({ type: z.literal('chatMessage'), message: ChatMessage });
export const MessageDeletedEvent = z.object({
  type: z.literal('messageDeleted'),
  messageId: Id,
  deletedAt: Timestamp,
});
export const ChatClearedEvent = z.object({ type: z.literal('chatCleared') });
export const MessagePinnedEvent = z.object({
  type: z.literal('messagePinned'),
  message: ChatMessage.nullable().meta({ description: 'Null when nothing is pinned any more.' }),
});

export const TipReceivedEvent = z.object({ type: z.literal('tipReceived'), tip: Tip });
export const TipGoalChangedEvent = z.object({
  type: z.literal('tipGoalChanged'),
  goal: TipGoal.nullable().meta({ description: 'Null when there is none any more.' }),
});

export const StreamUpdateEvent = z.object({ type: z.literal('streamUpdate'), stream: Stream });

export const UserJoinedEvent = z.object({ type: z.literal('userJoined'), user: UserSummary });
export const UserLeftEvent = z.object({ type: z.literal('userLeft'), userId: Id });
export const ViewerCountEvent = z.object({ type: z.literal('viewerCount'), ...Audience.shape });

export const ModesChangedEvent = z.object({ type: z.literal('modesChanged'), modes: RoomModes });
export const ViewerRestrictedEvent = z.object({
  type: z.literal('viewerRestricted'),
  userId: Id,
  kind: RestrictionKind,
  expiresAt: Timestamp.nullable(),
});
export const ViewerRestoredEvent = z.object({ type: z.literal('viewerRestored'), userId: Id });
export const ModeratorAddedEvent = z.object({ type: z.literal('moderatorAdded'), userId: Id });
export const ModeratorRemovedEvent = z.object({ type: z.literal('moderatorRemoved'), userId: Id });

/** Sent on every feed, whatever it is narrowed to. */
const always = [SnapshotEvent, ResyncEvent, AuthExpiringEvent] as const;
const chat = [ChatMessageEvent, MessageDeletedEvent, ChatClearedEvent, MessagePinnedEvent] as const;
const tips = [TipReceivedEvent, TipGoalChangedEvent] as const;
const presence = [UserJoinedEvent, UserLeftEvent, ViewerCountEvent] as const;
const moderation = [
  ModesChangedEvent,
  ViewerRestrictedEvent,
  ViewerRestoredEvent,
  ModeratorAddedEvent,
  ModeratorRemovedEvent,
] as const;

/** Everything that a stream's feed tells. */
export const RoomEvent = z.discriminatedUnion('type', [
  ...always,
  ...chat,
  ...tips,
  StreamUpdateEvent,
  ...presence,
  ...moderation,
]);
export type RoomEvent = z.infer<typeof RoomEvent>;

export const ChatFeedEvent = z.discriminatedUnion('type', [...always, ...chat]);
export type ChatFeedEvent = z.infer<typeof ChatFeedEvent>;
export const TipFeedEvent = z.discriminatedUnion('type', [...always, ...tips]);
export type TipFeedEvent = z.infer<typeof TipFeedEvent>;
export const PresenceFeedEvent = z.discriminatedUnion('type', [...always, ...presence]);
export type PresenceFeedEvent = z.infer<typeof PresenceFeedEvent>;

/** What a feed can be narrowed to. */
export const eventKinds = ['chat', 'tips', 'stream', 'presence', 'moderation'] as const;
export const EventKind = z.enum(eventKinds);
export type EventKind = z.infer<typeof EventKind>;

const typesOf = (schemas: readonly z.ZodObject<{ type: z.ZodLiteral<RoomEvent['type']> }>[]) =>
  schemas.map(({ shape }) => shape.type.value);

/** The types of events of each kind. */
export const eventTypesByKind: Record<EventKind, readonly RoomEvent['type'][]> = {
  chat: typesOf(chat),
  tips: typesOf(tips),
  stream: typesOf([StreamUpdateEvent]),
  presence: typesOf(presence),
  moderation: typesOf(moderation),
};

/** `<epoch>:<seq>` of the last event that was seen, which the client keeps by itself. */
export const LastEventId = z
  .string()
  .max(64)
  .meta({ description: 'The id of the last event that was seen; clients of tRPC send it by themselves.' });

/** Joining a room is following its feed; all kinds without `kinds`. */
export const OnEventInput = z.strictObject({
  streamId: Id,
  kinds: z.array(EventKind).min(1).max(eventKinds.length).optional(),
  lastEventId: LastEventId.optional(),
});
export type OnEventInput = z.infer<typeof OnEventInput>;

/** The input of the narrowed feeds. */
export const OnRoomInput = OnEventInput.omit({ kinds: true });
export type OnRoomInput = z.infer<typeof OnRoomInput>;

/** What a home page shows: public streams as they go live, change or end. Opens with those that are live, newest first. */
export const DirectoryEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('directory'), streams: z.array(Stream) }),
  ResyncEvent,
  AuthExpiringEvent,
  StreamUpdateEvent,
]);
export type DirectoryEvent = z.infer<typeof DirectoryEvent>;

export const OnDirectoryInput = z.strictObject({ lastEventId: LastEventId.optional() }).prefault({});
export type OnDirectoryInput = z.infer<typeof OnDirectoryInput>;

/** Codes with which the server closes a socket, beyond those of RFC 6455. */
export const closeCodes = {
  /** The connection parameters or a frame cannot be read; coming back with the same changes nothing. */
  badParameters: 4400,
  /** Not authenticated in time, or the access token has expired: sign in anew, then come back. */
  notAuthenticated: 4401,
  /** The session was revoked or the account suspended: coming back changes nothing. */
  revoked: 4403,
  /** More than 1 MiB was waiting to be read: come back, and the feed goes on where it was. */
  tooSlow: 4408,
  /** Too many calls or sockets: come back later. */
  tooMany: 4429,
  /** RFC 6455: a message was too big. */
  tooBig: 1009,
  /** RFC 6455 registry: the server restarts; come back. */
  restarting: 1012,
  /** RFC 6455 registry: the server takes no more sockets; come back later. */
  overloaded: 1013,
} as const;

/** The first frame of a socket: the access token, or null for a guest. */
export const ConnectionParams = z.strictObject({ accessToken: z.string().min(1).max(8192) }).nullable();
export type ConnectionParams = z.infer<typeof ConnectionParams>;

export const RenewSocketInput = z.strictObject({ accessToken: z.string().min(1).max(8192) });
export type RenewSocketInput = z.infer<typeof RenewSocketInput>;
export const SocketRenewed = z.object({ expiresAt: Timestamp }).meta({ id: 'SocketRenewed' });
export type SocketRenewed = z.infer<typeof SocketRenewed>;
