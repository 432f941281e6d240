import { createHash, randomBytes } from 'node:crypto';
import { RECOVERY_CODES } from '@versbottomlex/shared';

/** Crockford's Base32, without letters that look like digits. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** 120 bits: from 112 on, NIST SP 800-63B takes a plain hash for storage. */
const LENGTH = 24;
const GROUP = /.{6}(?=.)/g;
const SHAPE = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);

const makeCode = (): string =>
  [...randomBytes(LENGTH)]
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join('')
    .replace(GROUP, '$&-');

/** New codes, written in groups of six. */
export const makeRecoveryCodes = (): string[] => Array.from({ length: RECOVERY_CODES }, makeCode);

/** Without what people add when they write it down. */
const plain = (code: string): string =>
  code.replaceAll(/[\s-]/g, '').toLowerCase().replaceAll(/[il]/g, '1').replaceAll('o', '0');

/** What is stored of a code of this user's. */
export const hashRecoveryCode = (code: string, userId: string): string =>
  createHash('sha256')
    .update(`${userId}:${plain(code)}`)
    .digest('hex');

/** What a user typed: the code of an app, a recovery code by its hash, or neither. */
export type TypedCode = { kind: 'app'; code: string } | { kind: 'recovery'; hash: string } | { kind: 'none' };

export const readCode = (typed: string, userId: string): TypedCode => {
  const code = plain(typed);
  if (/^\d{6}$/.test(code)) return { kind: 'app', code };
  return SHAPE.test(code) ? { kind: 'recovery', hash: hashRecoveryCode(code, userId) } : { kind: 'none' };
};
