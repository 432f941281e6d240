import { recoveryCodes, secondFactors } from '@versbottomlex/database';
import { type ErrorCode, isErrorCode } from '@versbottomlex/shared';
import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, InstantColumn, onlyRow, prepared, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const findStatement = prepared((client) =>
  client
    .select({ secret: secondFactors.secret, confirmedAt: secondFactors.confirmedAt })
    .from(secondFactors)
    .where(eq(secondFactors.userId, $('userId')))
    .prepare('second_factor_find'),
);

/** The second factor of an account with its sealed secret, confirmed or not. */
export const findSecondFactor = async (database: Database, userId: string) =>
  (await findStatement(database, { userId }))[0];

const countCodesStatement = prepared((client) =>
  client
    .select({ count: sql<number>`count(*)::int` })
    .from(recoveryCodes)
    .where(eq(recoveryCodes.userId, $('userId')))
    .prepare('second_factor_count_recovery_codes'),
);

export const countRecoveryCodes = async (database: Database, userId: string): Promise<number> =>
  (await countCodesStatement(database, { userId }))[0]?.count ?? 0;

const beginStatement = preparedSql(
  'second_factor_begin',
  z.object({ hasBegun: z.boolean() }),
  sql`select begin_second_factor(${$('userId')}::uuid, ${$('secret')}::text, ${$('now')}::timestamptz) as "hasBegun"`,
);

/** Keeps a sealed secret until its first code; false where there is a confirmed one. */
export const beginSecondFactor = async (
  database: Database,
  of: { userId: string; secret: string; now: string },
): Promise<boolean> => (await onlyRow(beginStatement(database, of))).hasBegun;

const SpentRow = z.object({
  outcome: z.custom<'done' | ErrorCode>((value) => value === 'done' || isErrorCode(value)),
  pausedUntil: InstantColumn.nullable(),
});
/** How it ended; `pausedUntil` is there with RATE_LIMITED. */
export type Spent = z.output<typeof SpentRow>;

/** A code as it was found: of a step of `secret`, of none, or a recovery code. Sealed secrets are compared as such. */
export type FoundCode = { secret: string; step: number | null; recoveryHash: string | null };

type Act = FoundCode & { userId: string; now: string };

const code = sql`${$('secret')}::text, ${$('step')}::bigint, ${$('recoveryHash')}::text`;
const answer = sql.raw('outcome, paused as "pausedUntil"');
const hashes = sql`(select array_agg(value) from jsonb_array_elements_text(${$('hashes')}::text::jsonb))`;

const spendStatement = preparedSql(
  'second_factor_spend_code',
  SpentRow,
  sql`select ${answer} from spend_second_factor_code(${$('userId')}::uuid, ${code}, ${$('now')}::timestamptz)`,
);

/** Takes a code, which is good once. */
export const spendCode = (database: Database, act: Act): Promise<Spent> =>
  onlyRow(spendStatement(database, act));

const confirmStatement = preparedSql(
  'second_factor_confirm',
  SpentRow,
  sql`select ${answer} from confirm_second_factor(${$('userId')}::uuid, ${$('sessionId')}::uuid, ${$('secret')}::text,
    ${$('step')}::bigint, ${hashes}, ${$('now')}::timestamptz)`,
);

/** Confirms the second factor, with its first recovery codes, and ends the other sessions. */
export const confirmSecondFactor = (
  database: Database,
  { hashes, ...act }: Act & { sessionId: string; hashes: string[] },
): Promise<Spent> => onlyRow(confirmStatement(database, { ...act, hashes: JSON.stringify(hashes) }));

const renewStatement = preparedSql(
  'second_factor_renew_recovery_codes',
  SpentRow,
  sql`select ${answer} from renew_recovery_codes(${$('userId')}::uuid, ${code}, ${hashes}, ${$('now')}::timestamptz)`,
);

/** Takes a code and replaces all recovery codes. */
export const renewRecoveryCodes = (
  database: Database,
  { hashes, ...act }: Act & { hashes: string[] },
): Promise<Spent> => onlyRow(renewStatement(database, { ...act, hashes: JSON.stringify(hashes) }));

const removeStatement = preparedSql(
  'second_factor_remove',
  SpentRow,
  sql`select ${answer} from remove_second_factor(${$('userId')}::uuid, ${$('sessionId')}::uuid, ${code},
    ${$('now')}::timestamptz)`,
);

/** Takes a code, removes the second factor and ends the other sessions. */
export const removeSecondFactor = (database: Database, act: Act & { sessionId: string }): Promise<Spent> =>
  onlyRow(removeStatement(database, act));
