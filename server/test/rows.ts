import { randomBytes, randomUUID } from 'node:crypto';
import type {
  accountTokens,
  audienceLeases,
  messages,
  payments,
  sessions,
  streams,
  users,
} from '@versbottomlex/database';
import { v7 as uuidv7 } from 'uuid';

export type AudienceLeaseRow = typeof audienceLeases.$inferInsert;
export type UserRow = typeof users.$inferInsert;
export type AccountTokenRow = typeof accountTokens.$inferInsert;
export type SessionRow = typeof sessions.$inferInsert;
export type StreamRow = typeof streams.$inferInsert;
export type MessageRow = typeof messages.$inferInsert;
export type PaymentRow = typeof payments.$inferInsert;

export const aMoment = '2026-01-02T03:04:05.678Z';

const uniqueName = () => `name_${randomUUID().slice(0, 18).replaceAll('-', '')}`;

/** A row that breaks no rule, for each table, with whatever a test wants otherwise. */
export const userRow = (given: Partial<UserRow> = {}): UserRow => {
  const name = uniqueName();
  return {
    id: uuidv7(),
    username: name,
    email: `${name}@example.com`,
    passwordHash: 'a hash',
    displayName: name,
    ...given,
  };
};

/** What an account leaves when it is deleted. */
export const deletedUserRow = (given: Partial<UserRow> = {}): UserRow =>
  userRow({ username: null, email: null, passwordHash: null, deletedAt: aMoment, ...given });

export const sessionRow = (given: Partial<SessionRow> & { userId: string }): SessionRow => ({
  id: uuidv7(),
  refreshTokenId: uuidv7(),
  authenticatedAt: aMoment,
  expiresAt: '2026-01-09T03:04:05.678Z',
  absoluteExpiresAt: '2026-02-01T03:04:05.678Z',
  ...given,
});

export const accountTokenRow = (given: Partial<AccountTokenRow> & { userId: string }): AccountTokenRow => ({
  id: uuidv7(),
  purpose: 'password_reset',
  tokenHash: randomBytes(32).toString('hex'),
  email: 'ada@example.com',
  createdAt: aMoment,
  expiresAt: '2026-01-02T04:04:05.678Z',
  ...given,
});

export const streamRow = (given: Partial<StreamRow> & { performerId: string }): StreamRow => ({
  id: uuidv7(),
  title: 'A title',
  status: 'scheduled',
  ...given,
});

export const liveStreamRow = (given: Partial<StreamRow> & { performerId: string }): StreamRow =>
  streamRow({ status: 'live', startedAt: aMoment, ...given });

export const endedStreamRow = (given: Partial<StreamRow> & { performerId: string }): StreamRow =>
  streamRow({ status: 'ended', startedAt: aMoment, endedAt: aMoment, ...given });

/** A place in a log is used once; these are used in no other. */
let lastSeq = 1_000_000;

export const messageRow = (
  given: Partial<MessageRow> & { streamId: string; authorId: string },
): MessageRow => {
  lastSeq += 1;
  return { id: uuidv7(), seq: lastSeq, content: 'Hello', ...given };
};

export const paymentRow = (given: Partial<PaymentRow> = {}): PaymentRow => ({
  id: uuidv7(),
  type: 'tip',
  status: 'completed',
  amount: 500,
  completedAt: aMoment,
  ...given,
});

export const audienceLeaseRow = (
  given: Partial<AudienceLeaseRow> & { streamId: string },
): AudienceLeaseRow => ({ nodeId: uuidv7(), userIds: [], guestCount: 0, expiresAt: aMoment, ...given });
