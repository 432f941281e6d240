import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { type SignedIn, TokenPair } from '@versbottomlex/shared';
import { decodeJwt } from 'jose';

/** What an attacker has to go by: good tokens of somebody, the server's own keys, and an address of theirs. */
export type Loot = {
  kind: 'access' | 'refresh';
  victim: SignedIn;
  keys: { access: string; refresh: string };
  attackerUrl: string;
};

type Fields = Record<string, unknown>;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const tokenOf = ({ kind, victim }: Loot): string => TokenPair.parse(victim)[`${kind}Token`];
export const claimsOf = (loot: Loot): Fields => decodeJwt(tokenOf(loot));
const headerOf = ({ kind }: Loot) => ({ alg: 'HS256', typ: kind === 'access' ? 'at+jwt' : 'rt+jwt' });

const seal = (header: Fields, claims: Fields, signatureOf: (text: string) => string): string => {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${signatureOf(text)}`;
};

const hmac =
  (key: string, hash = 'sha256') =>
  (text: string): string =>
    createHmac(hash, key).update(text).digest('base64url');

/** A token like the server's but for some members of its header and claims; undefined takes one away. */
export const signedByUs = (loot: Loot, header: Fields = {}, claims: Fields = {}): string =>
  seal({ ...headerOf(loot), ...header }, { ...claimsOf(loot), ...claims }, hmac(loot.keys[loot.kind]));

const ATTACKERS_KEY = 'a key that the attacker has chosen for this';
const signedByAttacker = (loot: Loot, header: Fields, key = ATTACKERS_KEY): string =>
  seal({ ...headerOf(loot), ...header }, claimsOf(loot), hmac(key));

const unsigned = (loot: Loot, alg: string, signature = ''): string =>
  seal({ ...headerOf(loot), alg }, claimsOf(loot), () => signature);

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const signedByRsa = (loot: Loot): string => {
  const header = { ...headerOf(loot), alg: 'RS256', jwk: rsa.publicKey.export({ format: 'jwk' }) };
  return seal(header, claimsOf(loot), (text) =>
    sign('sha256', Buffer.from(text), rsa.privateKey).toString('base64url'),
  );
};

const inSeconds = (loot: Loot, seconds: number): number => Number(claimsOf(loot).iat) + seconds;
const attackersJwk = { kty: 'oct', k: Buffer.from(ATTACKERS_KEY).toString('base64url') };

/** Tokens that must not be taken, by what is wrong with them. Those of `signedByUs` need a key that nobody has. */
export const forgeries: Record<string, (loot: Loot) => string> = {
  'no algorithm, no signature': (loot) => unsigned(loot, 'none'),
  'no algorithm, in capitals': (loot) => unsigned(loot, 'NONE'),
  'no algorithm, oddly written': (loot) => unsigned(loot, 'nOnE'),
  'no algorithm, with a good signature': (loot) => unsigned(loot, 'none', tokenOf(loot).split('.')[2] ?? ''),
  'an empty algorithm': (loot) => unsigned(loot, ''),
  'no signature': (loot) => unsigned(loot, 'HS256'),
  'HS384 by our key': (loot) =>
    seal({ ...headerOf(loot), alg: 'HS384' }, claimsOf(loot), hmac(loot.keys[loot.kind], 'sha384')),
  'HS512 by our key': (loot) =>
    seal({ ...headerOf(loot), alg: 'HS512' }, claimsOf(loot), hmac(loot.keys[loot.kind], 'sha512')),
  'RS256 with a public key of its own': signedByRsa,
  'RS256 that is an HMAC by our key': (loot) => signedByUs(loot, { alg: 'RS256' }),
  'ES256 of zeros': (loot) => unsigned(loot, 'ES256', Buffer.alloc(64).toString('base64url')),
  'a key of its own in the header': (loot) => signedByAttacker(loot, { jwk: attackersJwk }),
  'the address of a key set': (loot) => signedByAttacker(loot, { jku: `${loot.attackerUrl}/keys.json` }),
  'the address of a certificate': (loot) => signedByAttacker(loot, { x5u: `${loot.attackerUrl}/cert.pem` }),
  'a key id that is a path': (loot) => signedByAttacker(loot, { kid: '../../../../../dev/null' }, '\0'),
  'a key id that is SQL': (loot) => signedByAttacker(loot, { kid: "x' union select 'key" }, 'key'),
  'a key id that is an address': (loot) => signedByAttacker(loot, { kid: `${loot.attackerUrl}/key` }),
  'an extension that must be understood, and is not': (loot) =>
    signedByUs(loot, { crit: ['exp'], exp: 4_000_000_000 }),
  'an unencoded payload': (loot) => signedByUs(loot, { crit: ['b64'], b64: false }),
  'the guessed key "secret"': (loot) => signedByAttacker(loot, {}, 'secret'),
  'the issuer’s name as key': (loot) => signedByAttacker(loot, {}, 'versbottomlex'),
  'another type': (loot) => signedByUs(loot, { typ: 'JWT' }),
  'no type': (loot) => signedByUs(loot, { typ: undefined }),
  'another issuer': (loot) => signedByUs(loot, {}, { iss: 'versbottomlex.example.com' }),
  'no issuer': (loot) => signedByUs(loot, {}, { iss: undefined }),
  'another audience': (loot) => signedByUs(loot, {}, { aud: 'another-api' }),
  'no audience': (loot) => signedByUs(loot, {}, { aud: undefined }),
  'a start in the future': (loot) => signedByUs(loot, {}, { nbf: inSeconds(loot, 600) }),
  'no end': (loot) => signedByUs(loot, {}, { exp: undefined }),
  'an end that is a text': (loot) => signedByUs(loot, {}, { exp: '4000000000' }),
  'a subject that is no id': (loot) => signedByUs(loot, {}, { sub: "' or 1=1 --" }),
  'a token version that is a text': (loot) => signedByUs(loot, {}, { tv: '0' }),
  'a payload that is a list': (loot) => seal(headerOf(loot), [] as never, hmac(loot.keys[loot.kind])),
  'a payload that is no JSON': (loot) => {
    const text = `${encode(headerOf(loot))}.${Buffer.from('{').toString('base64url')}`;
    return `${text}.${hmac(loot.keys[loot.kind])(text)}`;
  },
  'five parts': (loot) => `${tokenOf(loot)}.${tokenOf(loot).split('.').slice(0, 2).join('.')}`,
  'the other kind’s key': (loot) =>
    seal(headerOf(loot), claimsOf(loot), hmac(loot.keys[loot.kind === 'access' ? 'refresh' : 'access'])),
  'the other kind': ({ kind, victim }) =>
    (kind === 'access' ? victim.refreshToken : victim.accessToken) ?? '',
  'the other kind, called this kind': (loot) => {
    const other: Loot = { ...loot, kind: loot.kind === 'access' ? 'refresh' : 'access' };
    return seal(headerOf(loot), claimsOf(other), hmac(loot.keys[other.kind]));
  },
};
