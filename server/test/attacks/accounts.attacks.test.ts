import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFactories, type Factories, PASSWORD } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { scaled } from '../scale.js';

let test: TestApp;
let given: Factories;
beforeAll(async () => {
  test = await createTestApp();
  given = createFactories(test);
});
afterAll(() => test.close());

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  test.app.inject({ method: 'POST', url, payload, headers });
const register = (payload: object) => post('/api/auth/register', payload);
const codeOf = (answer: { json(): { code?: string } }) => answer.json().code;

describe('a name that looks like another', () => {
  it.each([
    ['a Cyrillic letter', 'аdmin_live'],
    ['a Greek letter', 'αdmin_live'],
    ['a letter of full width', 'ａdmin_live'],
    ['a mathematical letter', '𝐚dmin_live'],
    ['a zero-width space', 'admin\u200b_live'],
    ['a zero-width joiner', 'admin\u200d_live'],
    ['a soft hyphen', 'admin\u00ad_live'],
    ['a direction turned around', '\u202eevil_nimda'],
    ['a tag character', 'admin\u{e0041}'],
    ['a variation selector', 'admin\ufe0f'],
    ['a combining mark', 'admi\u0301n'],
    ['a dotless letter', 'admın_live'],
    ['a space in front', ' admin_live'],
    ['a line feed behind', 'admin_live\n'],
    ['a NUL', 'admin\u0000'],
    ['half of a surrogate pair', 'admin\ud800'],
    ['an arabic digit', 'admin٣'],
    ['a hyphen', 'admin-live'],
    ['a dot', 'admin.live'],
    ['nothing', ''],
  ])('by %s cannot be taken', async (_name, username) => {
    const answer = await register(given.registration({ username }));
    expect([answer.statusCode, codeOf(answer)]).toEqual([422, 'VALIDATION_FAILED']);
    const { user, accessToken } = await given.account();
    const headers = { authorization: `Bearer ${accessToken}` };
    const url = `/api/users/${user.id}`;
    const changed = await test.app.inject({ method: 'PUT', url, payload: { username }, headers });
    expect(changed.statusCode).toBe(422);
  });

  it('in another case is the same name', async () => {
    const { user } = await given.account();
    for (const username of [user.username.toUpperCase(), user.username.toLowerCase()]) {
      const answer = await register({ ...given.registration(), username });
      expect([answer.statusCode, codeOf(answer)]).toEqual([409, 'USERNAME_TAKEN']);
    }
  });

  it('cannot be shown by hiding what tells it apart', async () => {
    const { user, accessToken } = await given.account();
    const headers = { authorization: `Bearer ${accessToken}` };
    const url = `/api/users/${user.id}`;
    const show = (displayName: string) =>
      test.app.inject({ method: 'PUT', url, payload: { displayName }, headers });
    expect((await show('A\u200bv\u2060a\u202e')).json()).toMatchObject({ displayName: 'Ava' });
    for (const unseen of ['\u200b', '\u3164', '\u2800', '\u{e0041}'])
      expect((await show(unseen)).statusCode).toBe(422);
  });

  it('of somebody who is gone does not bring their account back', async () => {
    const gone = await given.account();
    await given.deleted(gone);
    const { username, email } = gone.user;
    const answer = await register({ username, email, password: PASSWORD });
    if (answer.statusCode === 201) expect(answer.json().user.id).not.toBe(gone.user.id);
    else expect(answer.statusCode).toBe(409);
    const headers = { authorization: `Bearer ${gone.accessToken}` };
    expect((await test.app.inject({ url: '/api/auth/me', headers })).statusCode).toBe(401);
  });
});

describe('an e-mail address that is somebody’s', () => {
  it.each([
    ['in capitals', (email: string) => email.toUpperCase()],
    ['with space around it', (email: string) => ` ${email}\t\n`],
    ['with a space that no keyboard has', (email: string) => `\u00a0${email}\u3000`],
    ['with a byte order mark', (email: string) => `\ufeff${email}`],
  ])('%s is the same address', async (_name, vary) => {
    const { email, ...rest } = given.registration();
    const own = email.replace('person', 'kim');
    expect((await register({ ...rest, email: own })).statusCode).toBe(201);
    const answer = await register({ ...given.registration(), email: vary(own) });
    expect([answer.statusCode, codeOf(answer)]).toEqual([409, 'EMAIL_TAKEN']);
    expect((await post('/api/auth/login', { email: vary(own), password: PASSWORD })).statusCode).toBe(200);
  });

  it.each([
    'ava@example.com\u0000',
    'ava@example.com\r\nBcc: x@example.com',
    'ava@example.com,eve@example.com',
    'ava@example.com;eve@example.com',
    'ava@example.com eve@example.com',
    '<ava@example.com>',
    'Ava <ava@example.com>',
    '"ava"@example.com',
    'ava(comment)@example.com',
    'ava@[127.0.0.1]',
    'ava@localhost',
    'ava@exam\u200bple.com',
    'аva@example.com',
    'ava@exаmple.com',
    'ava@example.com\u200b',
    'av\ud800a@example.com',
    'ava@@example.com',
    'ava@.com',
    `${'a'.repeat(250)}@example.com`,
    'ava%0a@example.com%0d%0aBcc:x',
    'ava@example.com?cc=eve@example.com',
    'ſystem@example.com',
    '\u212aim@example.com',
    'İva@example.com',
  ])('%j is nobody’s address', async (email) => {
    const answer = await register({ ...given.registration(), email });
    expect([answer.statusCode, codeOf(answer)]).toEqual([422, 'VALIDATION_FAILED']);
  });
});

describe('registrations at the same time', () => {
  const RACERS = scaled({ quick: 12, full: 100 });

  it.each([
    ['one address', (number: number, email: string) => ({ email: number % 2 ? email : email.toUpperCase() })],
    [
      'one name',
      (number: number, _email: string, name: string) => ({
        username: number % 2 ? name : name.toUpperCase(),
      }),
    ],
  ])('for %s, over both transports, make one account', async (_name, fieldsOf) => {
    const contested = given.registration();
    const answers = await Promise.all(
      Array.from({ length: RACERS }, (_, number) => {
        const own = { ...given.registration(), ...fieldsOf(number, contested.email, contested.username) };
        return post(number % 3 ? '/api/auth/register' : '/trpc/auth.register', own);
      }),
    );
    const made = answers.filter(({ statusCode }) => statusCode < 300);
    expect(made).toHaveLength(1);
    expect(new Set(answers.map(({ statusCode }) => statusCode)).has(409)).toBe(true);
    expect(answers.every(({ statusCode }) => statusCode < 300 || statusCode === 409)).toBe(true);
  });

  it('in one batch make one account of a name', async () => {
    const input = Object.fromEntries(
      Array.from({ length: 10 }, (_, place) => [
        place,
        { ...given.registration(), username: 'Batched_Name' },
      ]),
    );
    const url = `/trpc/${Array(10).fill('auth.register').join(',')}?batch=1`;
    const answers: { result?: unknown }[] = (await post(url, input)).json();
    expect(answers.filter(({ result }) => result)).toHaveLength(1);
  });
});

describe('a role of one’s own choice', () => {
  it.each([
    'role',
    'isVerified',
    'isAdmin',
    'tokenVersion',
    'id',
    'createdAt',
    'suspendedAt',
    'emailVerifiedAt',
  ])('cannot be had by registering with %s', async (field) => {
    const answer = await register({ ...given.registration(), [field]: 'admin' });
    expect([answer.statusCode, codeOf(answer)]).toEqual([422, 'VALIDATION_FAILED']);
  });

  it('cannot be had by naming oneself', async () => {
    const answer = await register(given.registration({ username: 'admin' }));
    if (answer.statusCode === 201)
      expect(answer.json().user).toMatchObject({ role: 'viewer', isVerified: false });
  });

  it('is not taken from what a token says of its holder', async () => {
    const { accessToken } = await given.account();
    const [header, payload = '', signature] = accessToken.split('.');
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), role: 'admin' };
    const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    const answer = await test.app.inject({
      url: '/api/auth/me',
      headers: { authorization: `Bearer ${forged}` },
    });
    expect([answer.statusCode, codeOf(answer)]).toEqual([401, 'ACCESS_TOKEN_INVALID']);
  });
});

describe('who has an account', () => {
  it('is not told by a login: unknown, wrong, deleted and suspended sound alike', async () => {
    const known = await given.account();
    const gone = await given.account();
    const suspended = await given.suspended();
    await given.deleted(gone);
    const answers = await Promise.all(
      ['nobody@example.com', known.user.email, gone.user.email, suspended.user.email].map((email) =>
        post('/api/auth/login', { email, password: 'not the passphrase' }),
      ),
    );
    const told = answers.map((answer) => ({ ...answer.json(), requestId: '' }));
    expect(new Set(told.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 401]);
  });

  it('is told by no log: a refused login names the account that it was for, and nothing that was given', async () => {
    const { user } = await given.account();
    const password = 'guessed but not the passphrase';
    await post('/api/auth/login', { email: user.email, password });
    await post('/api/auth/login', { username: 'Nobody_Of_That_Name', password });
    const refused = test.logs.filter(({ message }) => message === 'Login refused').slice(-2);
    expect(refused.map(({ level, data }) => [level, data])).toEqual([
      ['WARN', { userId: user.id, code: 'INVALID_CREDENTIALS' }],
      ['WARN', { userId: null, code: 'INVALID_CREDENTIALS' }],
    ]);
    expect(JSON.stringify(test.logs)).not.toMatch(/guessed but|Nobody_Of/);
  });

  it('is told by no profile: an address, a session, a time of login', async () => {
    const { user } = await given.account();
    const { body } = await test.app.inject(`/api/users/${user.id}`);
    expect(body).not.toMatch(/email|@|login|session|version|suspend|address|birth/i);
  });
});
