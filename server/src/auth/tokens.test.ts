import { SignJWT, UnsecuredJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../test/outcome.js';
import { createFakeClock } from '../../test/services.js';
import { addSeconds } from '../platform/clock.js';
import { createTokens } from './tokens.js';

const secrets = {
  access: { current: 'access-key-of-the-tests-0123456789', previous: undefined },
  refresh: { current: 'refresh-key-of-the-tests-9876543210', previous: undefined },
};
const subject = { userId: uuidv7(), sessionId: uuidv7(), tokenVersion: 3 };

const setUp = async () => {
  const clock = createFakeClock(new Date('2026-01-02T03:04:05.678Z'));
  const tokens = createTokens({ secrets, clock });
  const refreshTokenId = uuidv7();
  const pair = await tokens.issue(subject, refreshTokenId, addSeconds(clock.now(), 7 * 86_400));
  return { clock, tokens, refreshTokenId, pair };
};

const partOf = (token: string, place: 0 | 1): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[place] ?? '', 'base64url').toString('utf8'));

type Given = {
  secret?: string;
  algorithm?: string;
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
};

/** A token like ours but for what is given; undefined takes a claim away. */
const forge = async (kind: 'access' | 'refresh', given: Given): Promise<string> => {
  const { clock } = await setUp();
  const now = Math.floor(clock.now().getTime() / 1000);
  const claims = {
    iss: 'versbottomlex',
    aud: kind === 'access' ? 'versbottomlex-api' : 'versbottomlex-refresh',
    sub: subject.userId,
    sid: subject.sessionId,
    tv: subject.tokenVersion,
    jti: uuidv7(),
    iat: now,
    exp: now + 60,
    ...given.claims,
  };
  const header = {
    alg: given.algorithm ?? 'HS256',
    typ: kind === 'access' ? 'at+jwt' : 'rt+jwt',
    ...given.header,
  };
  return new SignJWT(claims)
    .setProtectedHeader(header)
    .sign(new TextEncoder().encode(given.secret ?? secrets[kind].current));
};

describe('an issued pair', () => {
  it('says what RFC 9068 asks for, and each kind its own type and audience', async () => {
    const { pair, refreshTokenId } = await setUp();
    expect(pair.expiresInSeconds).toBe(900);
    expect(partOf(pair.accessToken, 0)).toEqual({ alg: 'HS256', typ: 'at+jwt' });
    expect(partOf(pair.refreshToken, 0)).toEqual({ alg: 'HS256', typ: 'rt+jwt' });
    const common = {
      iss: 'versbottomlex',
      sub: subject.userId,
      sid: subject.sessionId,
      tv: 3,
      iat: 1767323045,
    };
    expect(partOf(pair.accessToken, 1)).toEqual({
      ...common,
      aud: 'versbottomlex-api',
      jti: expect.any(String),
      exp: 1767323045 + 900,
    });
    expect(partOf(pair.refreshToken, 1)).toEqual({
      ...common,
      aud: 'versbottomlex-refresh',
      jti: refreshTokenId,
      exp: 1767323045 + 7 * 86_400,
    });
  });

  it('is read back, each token by its own kind only', async () => {
    const { tokens, pair, refreshTokenId } = await setUp();
    expect(await tokens.verifyAccess(pair.accessToken)).toMatchObject(subject);
    expect(await tokens.verifyRefresh(pair.refreshToken)).toMatchObject({
      ...subject,
      tokenId: refreshTokenId,
    });
    expect(await outcomeOf(tokens.verifyAccess(pair.refreshToken))).toBe('ACCESS_TOKEN_INVALID');
    expect(await outcomeOf(tokens.verifyRefresh(pair.accessToken))).toBe('REFRESH_TOKEN_INVALID');
  });

  it('is good for 15 minutes and 7 days to the second, also when it has been seen before', async () => {
    const { tokens, clock, pair } = await setUp();
    clock.advance(899);
    expect(await outcomeOf(tokens.verifyAccess(pair.accessToken))).toBe('ok');
    clock.advance(1);
    expect(await outcomeOf(tokens.verifyAccess(pair.accessToken))).toBe('ACCESS_TOKEN_EXPIRED');
    const unseen = createTokens({ secrets, clock });
    expect(await outcomeOf(unseen.verifyAccess(pair.accessToken))).toBe('ACCESS_TOKEN_EXPIRED');
    clock.advance(7 * 86_400 - 901);
    expect(await outcomeOf(tokens.verifyRefresh(pair.refreshToken))).toBe('ok');
    clock.advance(1);
    expect(await outcomeOf(tokens.verifyRefresh(pair.refreshToken))).toBe('REFRESH_TOKEN_INVALID');
  });
});

describe('with a new key', () => {
  const NEW = {
    access: 'the-next-access-key-of-the-tests-135791',
    refresh: 'the-next-refresh-key-of-the-tests-24680',
  };
  const rotated = (kinds: ('access' | 'refresh')[]) => ({
    access: {
      current: NEW.access,
      previous: kinds.includes('access') ? secrets.access.current : undefined,
    },
    refresh: {
      current: NEW.refresh,
      previous: kinds.includes('refresh') ? secrets.refresh.current : undefined,
    },
  });

  it('tokens of the key before it are good, those of the key before that are not', async () => {
    const { clock, pair } = await setUp();
    const tokens = createTokens({ secrets: rotated(['access', 'refresh']), clock });
    expect(await tokens.verifyAccess(pair.accessToken)).toMatchObject(subject);
    expect(await tokens.verifyRefresh(pair.refreshToken)).toMatchObject(subject);
    const later = createTokens({ secrets: rotated([]), clock });
    expect(await outcomeOf(later.verifyAccess(pair.accessToken))).toBe('ACCESS_TOKEN_INVALID');
    expect(await outcomeOf(later.verifyRefresh(pair.refreshToken))).toBe('REFRESH_TOKEN_INVALID');
  });

  it('each kind has its own: the previous key of one signs nothing for the other', async () => {
    const { clock, pair } = await setUp();
    const tokens = createTokens({ secrets: rotated(['refresh']), clock });
    expect(await outcomeOf(tokens.verifyAccess(pair.accessToken))).toBe('ACCESS_TOKEN_INVALID');
    expect(await tokens.verifyRefresh(pair.refreshToken)).toMatchObject(subject);
    for (const secret of [secrets.refresh.current, secrets.access.current]) {
      expect(await outcomeOf(tokens.verifyAccess(await forge('access', { secret })))).toBe(
        'ACCESS_TOKEN_INVALID',
      );
    }
  });

  it('what is issued is signed by the new one', async () => {
    const { clock } = await setUp();
    const tokens = createTokens({ secrets: rotated(['access', 'refresh']), clock });
    const pair = await tokens.issue(subject, uuidv7(), addSeconds(clock.now(), 60));
    const later = createTokens({ secrets: rotated([]), clock });
    expect(await later.verifyAccess(pair.accessToken)).toMatchObject(subject);
    expect(await later.verifyRefresh(pair.refreshToken)).toMatchObject(subject);
  });

  it('an expired token of the previous key says so, and is let in by neither', async () => {
    const { clock, pair } = await setUp();
    clock.advance(900);
    const tokens = createTokens({ secrets: rotated(['access', 'refresh']), clock });
    expect(await outcomeOf(tokens.verifyAccess(pair.accessToken))).toBe('ACCESS_TOKEN_EXPIRED');
  });
});

describe('a forged token', () => {
  const forgeries: [name: string, given: Given][] = [
    ['another secret', { secret: 'another-key-of-the-tests-0123456789' }],
    ['another algorithm', { algorithm: 'HS512' }],
    ['another type', { header: { typ: 'JWT' } }],
    ['no type', { header: { typ: undefined } }],
    ['another issuer', { claims: { iss: 'somebody' } }],
    ['no issuer', { claims: { iss: undefined } }],
    ['another audience', { claims: { aud: 'somebody' } }],
    ['no end', { claims: { exp: undefined } }],
    ['no subject', { claims: { sub: undefined } }],
    ['a subject that is no id', { claims: { sub: "' or 1=1 --" } }],
    ['no session', { claims: { sid: undefined } }],
    ['no token version', { claims: { tv: undefined } }],
    ['a token version that is no number', { claims: { tv: '3' } }],
    ['no id', { claims: { jti: undefined } }],
    ['a start in the future', { claims: { nbf: 4_000_000_000 } }],
  ];

  it('is like ours until something is changed', async () => {
    const { tokens } = await setUp();
    expect(await tokens.verifyAccess(await forge('access', {}))).toMatchObject(subject);
    expect(await tokens.verifyRefresh(await forge('refresh', {}))).toMatchObject(subject);
  });

  it.each(forgeries)('with %s is refused', async (_name, given) => {
    const { tokens } = await setUp();
    expect(await outcomeOf(tokens.verifyAccess(await forge('access', given)))).toBe('ACCESS_TOKEN_INVALID');
    expect(await outcomeOf(tokens.verifyRefresh(await forge('refresh', given)))).toBe(
      'REFRESH_TOKEN_INVALID',
    );
  });

  it('without a signature, cut, altered or longer than any of ours is refused', async () => {
    const { tokens, pair } = await setUp();
    const [header, payload, signature] = pair.accessToken.split('.');
    const raised = Buffer.from(JSON.stringify({ ...partOf(pair.accessToken, 1), tv: 4 })).toString(
      'base64url',
    );
    const refused = [
      '',
      'x',
      '..',
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${raised}.${signature}`,
      `${pair.accessToken}x`,
      new UnsecuredJWT(partOf(pair.accessToken, 1)).encode(),
      `${pair.accessToken}${'x'.repeat(4096)}`,
    ];
    for (const token of refused) {
      expect(await outcomeOf(tokens.verifyAccess(token)), token).toBe('ACCESS_TOKEN_INVALID');
      expect(await outcomeOf(tokens.verifyRefresh(token)), token).toBe('REFRESH_TOKEN_INVALID');
    }
  });
});
