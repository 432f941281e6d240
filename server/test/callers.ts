import type { ErrorCode, SignedIn } from '@versbottomlex/shared';
import type { Factories } from './factories.js';

/** Kinds of callers; all but the owner and their moderator have nothing to do with what the call is about. */
export const callers = {
  anonymous: async () => undefined,
  other: (given) => given.account(),
  owner: async (_given, owner) => owner,
  moderator: (given, owner) => given.moderatorOf(owner),
  performer: (given) => given.performer(),
  admin: (given) => given.admin(),
  suspended: (given) => given.suspended(),
} satisfies Record<string, (given: Factories, owner: SignedIn) => Promise<SignedIn | undefined>>;

export type Caller = keyof typeof callers;
/** What each of them gets. */
export type Row = Record<Caller, 'ok' | ErrorCode>;
