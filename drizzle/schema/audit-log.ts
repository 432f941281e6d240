import { bigint, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt } from './columns.js';
import { users } from './users.js';

/**
 * What was done with the rights of an admin, and to the safety of accounts. Append-only, which triggers hold; it never
 * holds a secret, an address or a password.
 */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** Null for what the server did by itself, or somebody at its console. */
    actorId: uuid('actor_id').references(() => users.id, { onDelete: 'restrict' }),
    action: text('action', {
      enum: [
        'user_suspended',
        'suspension_lifted',
        'role_changed',
        'verification_changed',
        'account_deleted',
        'report_decided',
        'stream_ended',
        'profile_changed',
        'avatar_changed',
        'thumbnail_changed',
        'password_changed',
        'password_reset',
        'email_changed',
        'email_verified',
        'second_factor_set_up',
        'second_factor_removed',
        'recovery_code_used',
        'recovery_codes_renewed',
        'passkey_added',
        'passkey_removed',
        'session_revoked',
        'refresh_token_reused',
        'payout_decided',
        'payment_refunded',
      ],
    }).notNull(),
    /** Whose account it was done to. */
    subjectId: uuid('subject_id').references(() => users.id, { onDelete: 'restrict' }),
    details: jsonb('details'),
    createdAt: createdAt(),
  },
  (table) => [
    // The log of one account, newest first.
    index('audit_log_subject_idx').on(table.subjectId, table.id),
    index('audit_log_actor_idx').on(table.actorId, table.id),
  ],
);
