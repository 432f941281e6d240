import {
  type ChatMessage,
  type EventKind,
  eventKinds,
  eventTypesByKind,
  type RoomEvent,
  type RoomModes,
  SNAPSHOT_MESSAGES,
  type Stream,
  type TipGoal,
} from '@versbottomlex/shared';

/** What a snapshot tells of a room, except its audience. Changed in place by {@link applyEvent}. */
export type RoomState = {
  stream: Stream;
  /** The latest, oldest first. */
  messages: ChatMessage[];
  pinnedMessage: ChatMessage | null;
  modes: RoomModes;
  tipGoal: TipGoal | null;
};

const tombstone = (message: ChatMessage, deletedAt: string): ChatMessage => ({
  ...message,
  content: null,
  mentions: [],
  deletedAt,
});

/** The message without the text of `messageId`, whether it is that message or quotes it. */
const without = (message: ChatMessage, messageId: string, deletedAt: string): ChatMessage => {
  if (message.id === messageId) return tombstone(message, deletedAt);
  return message.replyTo?.id === messageId
    ? { ...message, replyTo: { ...message.replyTo, content: null } }
    : message;
};

/** Brings the state up to date with one event of the log. */
export const applyEvent = (state: RoomState, event: RoomEvent): void => {
  switch (event.type) {
    case 'chatMessage':
      state.messages.push(event.message);
      if (state.messages.length > SNAPSHOT_MESSAGES) state.messages.shift();
      break;
    case 'messageDeleted':
      state.messages = state.messages.map((message) => without(message, event.messageId, event.deletedAt));
      state.pinnedMessage &&= without(state.pinnedMessage, event.messageId, event.deletedAt);
      break;
    case 'chatCleared':
      state.messages = [];
      state.pinnedMessage = null;
      break;
    case 'messagePinned':
      state.pinnedMessage = event.message;
      break;
    case 'modesChanged':
      state.modes = event.modes;
      break;
    case 'tipGoalChanged':
      state.tipGoal = event.goal;
      break;
    case 'streamUpdate':
      state.stream = event.stream;
      break;
    default:
  }
};

const withoutAnyText = (message: ChatMessage): ChatMessage => ({
  ...message,
  content: null,
  mentions: [],
  replyTo: message.replyTo && { ...message.replyTo, content: null },
});

/** The event as it is sent again once `later` has taken a message, or all of them, away. */
export const withoutText = (event: RoomEvent, later: RoomEvent): RoomEvent => {
  if ((event.type !== 'chatMessage' && event.type !== 'messagePinned') || !event.message) return event;
  const { type, message } = event;
  if (later.type === 'chatCleared') return { type, message: withoutAnyText(message) };
  if (later.type !== 'messageDeleted') return event;
  return { type, message: without(message, later.messageId, later.deletedAt) };
};

const cleared = { type: 'chatCleared' } as const;

/** The event as it is sent once the chat was cleared after it. */
export const whenCleared = (event: RoomEvent): RoomEvent => withoutText(event, cleared);

const bitOfKind = (kind: EventKind): number => 1 << (eventKinds.indexOf(kind) + 1);

/** The bit of what no feed is narrowed by: snapshots and notices. */
const ALWAYS = 1;

/** The bits of the events that a feed of these kinds wants. */
export const wantsOf = (kinds: readonly EventKind[] = eventKinds): number =>
  kinds.reduce((bits, kind) => bits | bitOfKind(kind), ALWAYS);

const bits = new Map(
  eventKinds.flatMap((kind) => eventTypesByKind[kind].map((type) => [type, bitOfKind(kind)] as const)),
);

/** The bit of an event, by its kind. */
export const bitOf = (type: RoomEvent['type']): number => bits.get(type) ?? ALWAYS;
