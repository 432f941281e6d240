import type postgres from 'postgres';

/** What is only ever added to. Triggers hold it too, but an owner can switch them off. */
const APPEND_ONLY = [
  'ledger_transactions',
  'ledger_entries',
  'ledger_audits',
  'moderation_actions',
  'audit_log',
];

/** What changes, but is never removed. */
const KEPT = ['payments'];

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Gives the role that serves what it needs of tables that another role owns, and takes what it does not need: what was
 * written to the ledger can be neither changed nor removed, whatever the server is made to run. Idempotent, and one
 * transaction, so that whoever is serving meanwhile notices nothing.
 */
export const grantPrivileges = async (owner: postgres.Sql, role: string): Promise<void> => {
  const to = quote(role);
  const tables = (names: string[]) => names.map(quote).join(', ');
  await owner
    .unsafe(
      `grant usage on schema public to ${to};
      revoke truncate, references, trigger on all tables in schema public from ${to};
      grant select, insert, update, delete on all tables in schema public to ${to};
      revoke update, delete on ${tables(APPEND_ONLY)} from ${to};
      revoke delete on ${tables(KEPT)} from ${to};
      grant usage, select on all sequences in schema public to ${to};
      grant execute on all functions in schema public to ${to};`,
    )
    .simple();
};
