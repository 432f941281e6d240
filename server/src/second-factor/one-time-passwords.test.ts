import { Secret } from 'otpauth';
import { expect, it } from 'vitest';
import { codeAt, makeSecret, stepOfCode, uriOf } from './one-time-passwords.js';

const secret = Secret.fromUTF8('12345678901234567890').base32;
const at = (seconds: number) => new Date(seconds * 1000);

/** RFC 6238, appendix B, for SHA-1; of its eight digits the last six are the code of six. */
const vectors: [seconds: number, code: string][] = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
];

it.each(vectors)('makes and knows the code of the RFC at %d s', (seconds, code) => {
  expect(codeAt(secret, at(seconds))).toBe(code);
  expect(stepOfCode(secret, code, at(seconds))).toBe(Math.floor(seconds / 30));
});

it('takes the codes of the steps before and after, and no others', () => {
  const code = codeAt(secret, at(3000));
  expect([2940, 2969].map((now) => stepOfCode(secret, code, at(now)))).toEqual([null, null]);
  expect([2970, 3000, 3059].map((now) => stepOfCode(secret, code, at(now)))).toEqual([100, 100, 100]);
  expect(stepOfCode(secret, code, at(3060))).toBeNull();
});

it('knows no code of another length', () => {
  for (const code of ['', '28708', '2870820', '94287082'])
    expect(stepOfCode(secret, code, at(59))).toBeNull();
});

it('makes secrets of 160 bits, each another', () => {
  const secrets = Array.from({ length: 100 }, makeSecret);
  expect(new Set(secrets).size).toBe(100);
  for (const made of secrets) expect(Secret.fromBase32(made).bytes).toHaveLength(20);
});

it('tells an app everything, whatever the name', () => {
  const uri = new URL(uriOf(secret, { issuer: 'live.example.com', label: 'a&b=c:d/e?' }));
  expect(decodeURIComponent(uri.pathname)).toBe('/live.example.com:a&b=c:d/e?');
  expect(uri.searchParams.get('secret')).toBe(secret);
});
