import * as z from 'zod';
import { Id } from './ids.js';
import { pageFields, pageOf } from './pagination.js';
import { Timestamp } from './timestamps.js';

/** One of the caller's own logins that is still good. */
export const Session = z
  .object({
    id: Id,
    userAgent: z
      .string()
      .nullable()
      .meta({ description: 'As the device named itself when it signed in.', example: 'Mozilla/5.0' }),
    addressPrefix: z
      .string()
      .nullable()
      .meta({ description: 'The network that it signed in from.', example: '203.0.113.0/24' }),
    isCurrent: z.boolean().meta({ description: 'Whether it is the one that asks.', example: true }),
    createdAt: Timestamp,
    lastUsedAt: Timestamp.meta({ description: 'To within five minutes.' }),
    expiresAt: Timestamp.meta({ description: 'When it ends unless it is refreshed before.' }),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof Session>;

export const SessionPage = pageOf(Session).meta({ id: 'SessionPage' });
export type SessionPage = z.infer<typeof SessionPage>;

export const ListSessionsInput = z.strictObject({ ...pageFields }).prefault({});
export type ListSessionsInput = z.infer<typeof ListSessionsInput>;

export const RevokeSessionInput = z.strictObject({ id: Id });

export const RevokedSession = z.object({ id: Id }).meta({ id: 'RevokedSession' });
export type RevokedSession = z.infer<typeof RevokedSession>;
