import * as z from 'zod';
import { Id } from './ids.js';
import { pageFields, pageOf } from './pagination.js';
import { block } from './text.js';
import { Timestamp } from './timestamps.js';
import { Role, UserSummary } from './users.js';

/** An account as admins see it. */
export const AdministeredUser = z
  .object({
    id: Id,
    username: z.string().meta({ example: 'ava_live' }),
    displayName: z.string().meta({ example: 'Ava' }),
    role: Role,
    isVerified: z.boolean(),
    suspendedAt: Timestamp.nullable(),
    suspensionReason: z.string().nullable().meta({ example: 'Spam' }),
  })
  .meta({ id: 'AdministeredUser' });
export type AdministeredUser = z.infer<typeof AdministeredUser>;

/** `reason` is told to whom it is about, when they try to sign in. */
export const SuspendUserInput = z
  .strictObject({ id: Id, reason: block(1, 500).meta({ example: 'Spam' }).optional() })
  .meta({ examples: [{ reason: 'Spam' }] });
export type SuspendUserInput = z.infer<typeof SuspendUserInput>;

export const LiftSuspensionInput = z.strictObject({ id: Id });

export const SetRoleInput = z.strictObject({ id: Id, role: Role });
export type SetRoleInput = z.infer<typeof SetRoleInput>;

export const auditActions = [
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
] as const;
export const AuditAction = z.enum(auditActions).meta({ id: 'AuditAction', example: 'user_suspended' });
export type AuditAction = z.infer<typeof AuditAction>;

/** One line of the audit log. */
export const AuditEntry = z
  .object({
    seq: z.int().meta({ description: 'Its place in the log.', example: 4711 }),
    action: AuditAction,
    actor: UserSummary.nullable().meta({
      description: 'Null for what the server did by itself, or somebody at its console.',
    }),
    subject: UserSummary.nullable().meta({ description: 'Whose account it was done to.' }),
    details: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({
        description:
          'What it was about, by ids and settings; never free text, which could outlive an account.',
        example: { from: 'viewer', to: 'performer' },
      }),
    createdAt: Timestamp,
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditLogPage = pageOf(AuditEntry).meta({ id: 'AuditLogPage' });
export type AuditLogPage = z.infer<typeof AuditLogPage>;

/** Newest first. */
export const ListAuditLogInput = z
  .strictObject({
    actorId: Id.optional(),
    subjectId: Id.optional(),
    action: AuditAction.optional(),
    ...pageFields,
  })
  .prefault({});
export type ListAuditLogInput = z.infer<typeof ListAuditLogInput>;
