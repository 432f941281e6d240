import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment } from '../../server/test/rows.js';
import {
  follows,
  moderationActions,
  roomModerators,
  roomRestrictions,
  roomSettings,
  streams,
  users,
} from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const unknown = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
const performerId = await model.addUser();
const removeUser = (id: string) => refusalOf(db.delete(users).where(eq(users.id, id)));
const enumOf = (name: string) =>
  model.query(sql`select enum_range(null::${sql.raw(name)})::text as values`).then(([row]) => row?.values);

describe('room_settings', () => {
  type Row = typeof roomSettings.$inferInsert;
  const insert = async (given: Partial<Row> = {}) =>
    refusalOf(db.insert(roomSettings).values({ performerId: await model.addUser(), ...given }));

  it('has no column that may be null', async () => {
    expect(await model.nullableColumns('room_settings')).toEqual([]);
  });

  it('defaults to a room in which anybody may write anything', async () => {
    const id = await model.addUser();
    await db.insert(roomSettings).values({ performerId: id });
    expect(await db.select().from(roomSettings).where(eq(roomSettings.performerId, id))).toEqual([
      {
        performerId: id,
        slowModeSeconds: 0,
        isFollowersOnly: false,
        isTicketsOnly: false,
        areLinksAllowed: true,
        blockedTerms: [],
        foldedTerms: [],
      },
    ]);
  });

  it('room_settings_pkey: one row a performer', async () => {
    const id = await model.addUser();
    expect(await insert({ performerId: id })).toBe('accepted');
    expect(await insert({ performerId: id })).toBe('room_settings_pkey');
  });

  it('room_settings_performer_id_users_id_fk: of an account, with which they go', async () => {
    expect(await insert({ performerId: unknown })).toBe('room_settings_performer_id_users_id_fk');
    const id = await model.addUser();
    await insert({ performerId: id });
    expect(await removeUser(id)).toBe('accepted');
    expect(await db.$count(roomSettings, eq(roomSettings.performerId, id))).toBe(0);
  });

  it('room_settings_slow_mode_range: off, or 3 to 120 seconds', async () => {
    for (const slowModeSeconds of [0, 3, 120]) expect(await insert({ slowModeSeconds })).toBe('accepted');
    for (const slowModeSeconds of [-1, 1, 2, 121]) {
      expect(await insert({ slowModeSeconds })).toBe('room_settings_slow_mode_range');
    }
  });

  it('room_settings_terms_count: at most 200', async () => {
    expect(await insert({ blockedTerms: Array(200).fill('term') })).toBe('accepted');
    expect(await insert({ blockedTerms: Array(201).fill('term') })).toBe('room_settings_terms_count');
  });
});

describe('room_moderators', () => {
  type Row = typeof roomModerators.$inferInsert;
  const insert = async (given: Partial<Row> = {}) =>
    refusalOf(
      db
        .insert(roomModerators)
        .values({ performerId, userId: given.userId ?? (await model.addUser()), ...given }),
    );

  it('has no column that may be null, and is of now', async () => {
    expect(await model.nullableColumns('room_moderators')).toEqual([]);
    const userId = await model.addUser();
    await insert({ userId });
    const [row] = await db.select().from(roomModerators).where(eq(roomModerators.userId, userId));
    expect(Math.abs(Date.parse(row?.createdAt ?? '') - Date.now())).toBeLessThan(60_000);
  });

  it('room_moderators_pkey: once with each performer', async () => {
    const userId = await model.addUser();
    expect(await insert({ userId })).toBe('accepted');
    expect(await insert({ userId })).toBe('room_moderators_pkey');
    expect(await insert({ userId, performerId: await model.addUser() })).toBe('accepted');
  });

  it('room_moderators_performer_id_users_id_fk: go with the account of the performer', async () => {
    expect(await insert({ performerId: unknown })).toBe('room_moderators_performer_id_users_id_fk');
    const id = await model.addUser();
    await insert({ performerId: id });
    expect(await removeUser(id)).toBe('accepted');
    expect(await db.$count(roomModerators, eq(roomModerators.performerId, id))).toBe(0);
  });

  it('room_moderators_user_id_users_id_fk: go with their own account', async () => {
    expect(await insert({ userId: unknown })).toBe('room_moderators_user_id_users_id_fk');
    const userId = await model.addUser();
    await insert({ userId });
    expect(await removeUser(userId)).toBe('accepted');
    expect(await db.$count(roomModerators, eq(roomModerators.userId, userId))).toBe(0);
  });

  it('room_moderators_not_oneself: the performer is more than a moderator', async () => {
    expect(await insert({ userId: performerId })).toBe('room_moderators_not_oneself');
  });
});

describe('room_restrictions', () => {
  type Row = typeof roomRestrictions.$inferInsert;
  const insert = async (given: Partial<Row> = {}) =>
    refusalOf(
      db
        .insert(roomRestrictions)
        .values({ performerId, userId: given.userId ?? (await model.addUser()), kind: 'ban', ...given }),
    );

  it('may be null only where null means something', async () => {
    expect(await model.nullableColumns('room_restrictions')).toEqual(['expires_at', 'reason']);
  });

  it('restriction_kind: has these kinds', async () => {
    expect(await enumOf('restriction_kind')).toBe('{timeout,ban}');
  });

  it('room_restrictions_pkey: one a user with each performer', async () => {
    const userId = await model.addUser();
    expect(await insert({ userId })).toBe('accepted');
    expect(await insert({ userId })).toBe('room_restrictions_pkey');
    expect(await insert({ userId, performerId: await model.addUser() })).toBe('accepted');
  });

  it('room_restrictions_performer_id_users_id_fk: go with the account of the performer', async () => {
    expect(await insert({ performerId: unknown })).toBe('room_restrictions_performer_id_users_id_fk');
    const id = await model.addUser();
    await insert({ performerId: id });
    expect(await removeUser(id)).toBe('accepted');
  });

  it('room_restrictions_user_id_users_id_fk: go with the account that they restrict', async () => {
    expect(await insert({ userId: unknown })).toBe('room_restrictions_user_id_users_id_fk');
    const userId = await model.addUser();
    await insert({ userId });
    expect(await removeUser(userId)).toBe('accepted');
  });

  it('room_restrictions_timeout_expires: a timeout ends, a ban does not', async () => {
    expect(await insert({ kind: 'timeout', expiresAt: aMoment })).toBe('accepted');
    expect(await insert({ kind: 'timeout' })).toBe('room_restrictions_timeout_expires');
    expect(await insert({ kind: 'ban', expiresAt: aMoment })).toBe('room_restrictions_timeout_expires');
  });

  it('room_restrictions_not_oneself: nobody is kept from the own room', async () => {
    expect(await insert({ userId: performerId })).toBe('room_restrictions_not_oneself');
  });

  it('room_restrictions_reason_length: none, or 1 to 200 characters', async () => {
    for (const reason of [null, 'x', 'é'.repeat(200)]) expect(await insert({ reason })).toBe('accepted');
    for (const reason of ['', 'x'.repeat(201)]) {
      expect(await insert({ reason })).toBe('room_restrictions_reason_length');
    }
  });
});

describe('moderation_actions', () => {
  type Row = typeof moderationActions.$inferInsert;
  const insert = (given: Partial<Row> = {}) =>
    refusalOf(
      db
        .insert(moderationActions)
        .values({ id: uuidv7(), performerId, actorId: performerId, action: 'chat_cleared', ...given }),
    );

  it('may be null only where null means something', async () => {
    const nullable = ['details', 'message_id', 'reason', 'stream_id', 'target_id'];
    expect(await model.nullableColumns('moderation_actions')).toEqual(nullable);
  });

  it('moderation_action_kind: has these kinds', async () => {
    const appointed =
      'moderator_appointed,moderator_dismissed,viewer_timed_out,viewer_banned,restriction_lifted';
    const changed = 'settings_changed,message_deleted,message_pinned,message_unpinned,chat_cleared';
    expect(await enumOf('moderation_action_kind')).toBe(`{${appointed},${changed}}`);
  });

  it('moderation_actions_pkey: an id is used once', async () => {
    const id = uuidv7();
    expect(await insert({ id })).toBe('accepted');
    expect(await insert({ id })).toBe('moderation_actions_pkey');
  });

  it('moderation_actions_performer_id_users_id_fk: the performer stays', async () => {
    expect(await insert({ performerId: unknown })).toBe('moderation_actions_performer_id_users_id_fk');
    const id = await model.addUser();
    await insert({ performerId: id });
    expect(await removeUser(id)).toBe('moderation_actions_performer_id_users_id_fk');
  });

  it('moderation_actions_actor_id_users_id_fk: who acted stays', async () => {
    expect(await insert({ actorId: unknown })).toBe('moderation_actions_actor_id_users_id_fk');
    const actorId = await model.addUser();
    await insert({ actorId });
    expect(await removeUser(actorId)).toBe('moderation_actions_actor_id_users_id_fk');
  });

  it('moderation_actions_target_id_users_id_fk: whom it was about stays', async () => {
    expect(await insert({ targetId: unknown })).toBe('moderation_actions_target_id_users_id_fk');
    const targetId = await model.addUser();
    await insert({ targetId });
    expect(await removeUser(targetId)).toBe('moderation_actions_target_id_users_id_fk');
  });

  it('moderation_actions_stream_id_streams_id_fk: the stream stays', async () => {
    expect(await insert({ streamId: unknown })).toBe('moderation_actions_stream_id_streams_id_fk');
    const streamId = await model.addStream();
    await insert({ streamId });
    const removal = refusalOf(db.delete(streams).where(eq(streams.id, streamId)));
    expect(await removal).toBe('moderation_actions_stream_id_streams_id_fk');
  });

  it('moderation_actions_append_only: no line is changed or removed, nor all of them at once', async () => {
    const id = uuidv7();
    await insert({ id });
    const isLine = eq(moderationActions.id, id);
    const attempts = [
      () => db.update(moderationActions).set({ reason: 'None' }).where(isLine),
      () => db.delete(moderationActions).where(isLine),
      () => db.execute(sql`truncate moderation_actions`),
      () => db.execute(sql`truncate moderation_actions cascade`),
      () =>
        db.execute(sql`merge into moderation_actions using users on users.id = actor_id
        when matched then delete`),
    ];
    for (const attempt of attempts) expect(await refusalOf(attempt())).toBe('moderation_actions_append_only');
    expect(await db.$count(moderationActions, isLine)).toBe(1);
  });
});

describe('follows', () => {
  type Row = typeof follows.$inferInsert;
  const insert = async (given: Partial<Row> = {}) =>
    refusalOf(
      db.insert(follows).values({
        followerId: given.followerId ?? (await model.addUser()),
        followedId: performerId,
        ...given,
      }),
    );

  it('has no column that may be null', async () => {
    expect(await model.nullableColumns('follows')).toEqual([]);
  });

  it('follows_pkey: once each', async () => {
    const followerId = await model.addUser();
    expect(await insert({ followerId })).toBe('accepted');
    expect(await insert({ followerId })).toBe('follows_pkey');
  });

  it('follows_follower_id_users_id_fk: go with the account that follows', async () => {
    expect(await insert({ followerId: unknown })).toBe('follows_follower_id_users_id_fk');
    const followerId = await model.addUser();
    await insert({ followerId });
    expect(await removeUser(followerId)).toBe('accepted');
    expect(await db.$count(follows, eq(follows.followerId, followerId))).toBe(0);
  });

  it('follows_followed_id_users_id_fk: go with the account that is followed', async () => {
    expect(await insert({ followedId: unknown })).toBe('follows_followed_id_users_id_fk');
    const followedId = await model.addUser();
    await insert({ followedId });
    expect(await removeUser(followedId)).toBe('accepted');
    expect(await db.$count(follows, eq(follows.followedId, followedId))).toBe(0);
  });

  it('follows_not_oneself: two accounts', async () => {
    expect(await insert({ followerId: performerId })).toBe('follows_not_oneself');
  });
});
