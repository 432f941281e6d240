import { follows } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { failureOf, outcomeOf } from '../../test/outcome.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const { services, database } = platform;
const factories = createFactories(platform);
afterAll(platform.close);

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);
const follow = async (by: SignedIn, { user }: SignedIn) =>
  services.follows.follow(await identityOf(by), user.id);
const followersOf = async ({ user }: SignedIn) => (await services.users.get(user.id)).counts.followers;

it('counts a follower once, however often and at once they follow', async () => {
  const [follower, followed] = [await factories.account(), await factories.performer()];
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => follow(follower, followed)));
  expect(answers).toEqual(Array(5).fill({ id: followed.user.id, isFollowing: true }));
  expect(await followersOf(followed)).toBe(1);
  expect(await followersOf(follower)).toBe(0);
});

it('lets nobody follow themselves', async () => {
  const self = await factories.account();
  const error = await failureOf(follow(self, self));
  expect([error.code, error.errors?.[0]?.path]).toEqual(['VALIDATION_FAILED', 'id']);
});

it('does not know who never was', async () => {
  const identity = await identityOf(await factories.account());
  expect(await outcomeOf(services.follows.follow(identity, uuidv7()))).toBe('NOT_FOUND');
  expect(await outcomeOf(services.follows.unfollow(identity, uuidv7()))).toBe('NOT_FOUND');
});

it('lets a deleted account follow nobody, and nobody follow it', async () => {
  const [one, other] = [await factories.account(), await factories.performer()];
  await follow(one, other);
  await follow(other, one);
  const identity = await identityOf(one);
  await factories.deleted(one);
  expect(await followersOf(other)).toBe(0);
  const { items } = await services.follows.listFollowed(await identityOf(other), { limit: 5 });
  expect(items).toEqual([]);
  expect(await outcomeOf(services.follows.follow(identity, other.user.id))).toBe('SESSION_REVOKED');
});

it('leaves nothing of an account that is deleted while it is followed', async () => {
  for (let round = 0; round < 10; round += 1) {
    const [one, other] = [await factories.account(), await factories.account()];
    const [followed, followedBack, deleted] = await Promise.all([
      outcomeOf(follow(one, other)),
      outcomeOf(follow(other, one)),
      outcomeOf(factories.deleted(other)),
    ]);
    expect(deleted).toBe('ok');
    expect(['ok', 'NOT_FOUND']).toContain(followed);
    expect(['ok', 'SESSION_REVOKED']).toContain(followedBack);
    expect(await database.client.$count(follows, eq(follows.followedId, other.user.id))).toBe(0);
    expect(await database.client.$count(follows, eq(follows.followerId, other.user.id))).toBe(0);
  }
});
