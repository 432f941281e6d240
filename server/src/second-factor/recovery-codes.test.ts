import { expect, it } from 'vitest';
import { hashRecoveryCode, makeRecoveryCodes, readCode } from './recovery-codes.js';

const userId = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';

it('makes ten codes of 120 bits, in groups', () => {
  const codes = Array.from({ length: 100 }, makeRecoveryCodes).flat();
  expect(new Set(codes).size).toBe(1000);
  const letters = new Set(codes.join('').replaceAll('-', ''));
  expect([...letters].sort().join('')).toBe('0123456789abcdefghjkmnpqrstvwxyz');
  for (const code of codes) expect(code).toMatch(/^(\w{6}-){3}\w{6}$/);
});

it('reads a code however it was written down', () => {
  const hash = hashRecoveryCode('0a1b2c-3d4e5f-6g7h8j-9kmnpq', userId);
  for (const typed of [
    '0a1b2c-3d4e5f-6g7h8j-9kmnpq',
    'OAIB2C 3D4E5F 6G7H8J 9KMNPQ',
    'oalb2c3d4e5f6g7h8j9kmnpq',
  ]) {
    expect(readCode(typed, userId)).toEqual({ kind: 'recovery', hash });
  }
});

it('hashes the same code of two users to two hashes', () => {
  const [code = ''] = makeRecoveryCodes();
  const other = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c12';
  expect(hashRecoveryCode(code, other)).not.toBe(hashRecoveryCode(code, userId));
});

it('tells codes of an app from recovery codes, and both from anything else', () => {
  expect(readCode(' 123 456', userId)).toEqual({ kind: 'app', code: '123456' });
  for (const typed of [
    '12345',
    '1234567',
    '１２３４５６',
    '٠١٢٣٤٥',
    '0a1b2c-3d4e5f-6g7h8j',
    'u'.repeat(24),
    '-',
    '',
  ]) {
    expect(readCode(typed, userId)).toEqual({ kind: 'none' });
  }
});
