const MARK = 0x23;
const DIGITS = 6;
const ZERO = 0x30;
const LAST_DIGIT = 9;

/** What a message says: its number, so that the load finds it among the bytes, and a line as people write them. */
export const textOf = (sequence: number): string =>
  `#${String(sequence).padStart(DIGITS, '0')}# what a lovely evening, greetings to everyone here!`;

/** The number of the message in the bytes from `start` to `end`; undefined in those that hold none. */
export const sequenceIn = (bytes: Buffer, start: number, end: number): number | undefined => {
  const mark = bytes.indexOf(MARK, start);
  if (mark < 0 || mark + DIGITS + 1 >= end || bytes[mark + DIGITS + 1] !== MARK) return undefined;
  let sequence = 0;
  for (let at = mark + 1; at <= mark + DIGITS; at += 1) {
    const digit = bytes.readUInt8(at) - ZERO;
    if (digit < 0 || digit > LAST_DIGIT) return undefined;
    sequence = sequence * 10 + digit;
  }
  return sequence;
};

const USER_ID = '019b76da-a801-7c3e-9a41-5d2f8e6b7c90';

/** A chat message as our feed tells it, with the id of the event beside it. */
export const eventOf = (sequence: number) => ({
  id: `019b76da:${sequence}`,
  data: {
    type: 'chatMessage',
    message: {
      id: '019b76da-a802-7f10-8b52-6e3a9f7c8d01',
      streamId: '019b76da-a803-7a21-9c63-7f4bab8d9e12',
      author: {
        id: USER_ID,
        username: 'bench_sender_00',
        displayName: 'bench_sender_00',
        avatarUrl: null,
        isVerified: false,
      },
      authorRole: 'viewer',
      content: textOf(sequence),
      mentions: [],
      replyTo: null,
      clientMessageId: null,
      createdAt: '2026-01-02T03:04:05.678Z',
      deletedAt: null,
    },
  },
});

/** The frame in which tRPC sends an event. */
export const frameOf = (sequence: number): string => {
  const event = eventOf(sequence);
  return JSON.stringify({ id: 1, result: { type: 'data', data: event, id: event.id } });
};
