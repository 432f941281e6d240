import type { Following, ListFollowedInput, UserSummaryPage } from '@versbottomlex/shared';
import type { Identity } from '../auth/identity.js';
import { AppError, invalidField } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import { decodeMomentCursor, toPage } from '../platform/cursor.js';
import type { Database } from '../platform/database.js';
import * as queries from './follows.queries.js';

const notFound = () => new AppError('NOT_FOUND', { detail: 'There is no such user.' });

/** Who follows whom. Deleted accounts follow nobody, and nobody follows them. */
export const createFollowsService = ({ database, clock }: { database: Database; clock: Clock }) => ({
  /** Once or more often, the answer is the same. Throws NOT_FOUND, VALIDATION_FAILED for oneself. */
  follow: async (identity: Identity, id: string): Promise<Following> => {
    if (id === identity.userId) throw invalidField('id', 'must be somebody else');
    const follow = { followerId: identity.userId, followedId: id, now: clock.now().toISOString() };
    const { isFollowerHere, isFollowedHere } = await queries.insertFollow(database, follow);
    if (!isFollowerHere) throw new AppError('SESSION_REVOKED');
    if (!isFollowedHere) throw notFound();
    return { id, isFollowing: true };
  },

  /** Also where nothing was followed. Throws NOT_FOUND. */
  unfollow: async (identity: Identity, id: string): Promise<Following> => {
    const isHere = await queries.deleteFollow(database, { followerId: identity.userId, followedId: id });
    if (!isHere) throw notFound();
    return { id, isFollowing: false };
  },

  /** Whom the caller follows, the latest first. Throws VALIDATION_FAILED for a foreign cursor. */
  listFollowed: async (
    identity: Identity,
    { limit, cursor }: ListFollowedInput,
  ): Promise<UserSummaryPage> => {
    const of = { followerId: identity.userId, ...decodeMomentCursor(cursor), limit: limit + 1 };
    const { items, nextCursor } = toPage(
      await queries.listFollowed(database, of),
      limit,
      ({ user, createdAt }) => [createdAt, user.id],
    );
    return { items: items.map(({ user }) => user), nextCursor };
  },
});

export type FollowsService = ReturnType<typeof createFollowsService>;
