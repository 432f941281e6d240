import { createHash } from 'node:crypto';
import type { LoginInput } from '@versbottomlex/shared';

/**
 * What tries to log in are counted by where nobody has the name: the same for every way to write it, and unreadable, since
 * people type passwords in the wrong field.
 */
export const stranger = ({ email, username = '' }: Pick<LoginInput, 'email' | 'username'>): string =>
  createHash('sha256')
    .update((email ?? username).normalize('NFKC').toLowerCase())
    .digest('base64url');
