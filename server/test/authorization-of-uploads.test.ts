import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SignedIn } from '@versbottomlex/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uploadsRouter } from '../src/uploads/uploads.router.js';
import { type Caller, callers, type Row } from './callers.js';
import { createFactories, type Factories } from './factories.js';
import { createTestApp, type TestApp } from './harness.js';
import { png, putFile } from './pictures.js';

const ownerOrAdmin: Row = {
  anonymous: 'NOT_AUTHENTICATED',
  other: 'FORBIDDEN',
  owner: 'ok',
  moderator: 'FORBIDDEN',
  performer: 'FORBIDDEN',
  admin: 'ok',
  suspended: 'ACCOUNT_SUSPENDED',
};

type UploadPath = keyof typeof uploadsRouter._def.procedures;

/** Who may call what of {@link uploadsRouter}, which is served on REST only. */
const matrix: Record<UploadPath, Row> = {
  setAvatar: ownerOrAdmin,
  removeAvatar: ownerOrAdmin,
  setThumbnail: ownerOrAdmin,
  removeThumbnail: ownerOrAdmin,
};

let directory: string;
let test: TestApp;
let given: Factories;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'uploads-matrix-'));
  test = await createTestApp({ environment: { MEDIA_DIRECTORY: directory } });
  given = createFactories(test);
});
afterAll(async () => {
  await test.close();
  await rm(directory, { recursive: true, force: true });
});

const urlOf = async (path: UploadPath, owner: SignedIn): Promise<string> =>
  path.endsWith('Avatar')
    ? `/api/users/${owner.user.id}/avatar`
    : `/api/streams/${(await given.stream(owner)).id}/thumbnail`;

const callAs = async (path: UploadPath, url: string, as: SignedIn | undefined) => {
  const { accessToken } = as ?? {};
  if (path.startsWith('set')) {
    return putFile(test.app, { url, ...(accessToken !== undefined && { as: accessToken }) }, await png());
  }
  const headers = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
  return test.app.inject({ method: 'DELETE', url, headers });
};

describe.each(Object.entries(matrix) as [UploadPath, Row][])('%s', (path, row) => {
  it.each(Object.entries(row) as [Caller, Row[Caller]][])('for %s is %s', async (caller, expected) => {
    const owner = await given.performer();
    const url = await urlOf(path, owner);
    const answer = await callAs(path, url, await callers[caller](given, owner));
    expect(answer.statusCode === 200 ? 'ok' : answer.json().code).toBe(expected);
  });
});

it('has a row for every procedure', () => {
  expect(Object.keys(matrix).sort()).toEqual(Object.keys(uploadsRouter._def.procedures).sort());
});
