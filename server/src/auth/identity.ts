import type { Role } from '@versbottomlex/shared';

/** Who calls: an account, by one of its sessions, as of a few seconds ago at most. */
export type Identity = {
  userId: string;
  sessionId: string;
  role: Role;
  isVerified: boolean;
  tokenVersion: number;
  /** When the session began, which is when the password was last given. */
  signedInAt: string;
  /** When a code of the second factor was given in the session; null where the account has none. */
  secondFactorAt: string | null;
};

export const isSelfOrAdmin = (identity: Identity, userId: string): boolean =>
  identity.userId === userId || identity.role === 'admin';
