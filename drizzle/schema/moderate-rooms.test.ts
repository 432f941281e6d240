import { eq, inArray, type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openModel } from '../../server/test/model.js';
import { aMoment } from '../../server/test/rows.js';
import {
  follows,
  moderationActions,
  roomModerators,
  roomRestrictions,
  roomSettings,
  streamEvents,
  streamLogs,
} from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const later = '2026-01-02T03:05:05.678Z';
let performer: string;
let viewer: string;
/** One that is live, one to come, and one that is over, in the order of their ids. */
let open: string[];
let ended: string;

beforeEach(async () => {
  performer = await model.addUser();
  viewer = await model.addUser();
  ended = await model.addStream({ performerId: performer, status: 'ended', endedAt: aMoment });
  open = [
    await model.addStream({ performerId: performer, status: 'live', startedAt: aMoment }),
    await model.addStream({ performerId: performer }),
  ];
  await model.addStream();
});

/** How a function of the migration ended. */
const act = async (call: SQL) =>
  (await model.query(sql`select outcome, to_json(logged) as logged, result from ${call}`))[0];
const restrict = (given: { actor?: string; kind?: string; seconds?: number; at?: string } = {}) => {
  const { actor = performer, kind = 'ban', seconds = null, at = aMoment } = given;
  const dismissalId = uuidv7();
  return act(sql`restrict_viewer(${open[0]}, ${actor}, ${viewer}, ${kind}, ${seconds}, 'Spam', ${at}, ${uuidv7()},
    ${dismissalId})`);
};
const appoint = (member = viewer, at = aMoment) =>
  act(sql`appoint_moderator(${performer}, ${performer}, ${member}, ${at}, ${uuidv7()})`);

/** The moderation events of some streams, oldest first. */
const eventsOf = async (...streamIds: string[]) => {
  const rows = await db
    .select({ streamId: streamEvents.streamId, type: streamEvents.type, payload: streamEvents.payload })
    .from(streamEvents)
    .where(inArray(streamEvents.streamId, streamIds))
    .orderBy(streamEvents.streamId, streamEvents.seq);
  return rows.filter(({ type }) => type !== 'streamUpdate' && type !== 'chatMessage');
};
const lines = async () => {
  const { action, targetId, details } = moderationActions;
  const isOurs = eq(moderationActions.performerId, performer);
  return db
    .select({ action, targetId, details })
    .from(moderationActions)
    .where(isOurs)
    .orderBy(moderationActions.id);
};
const addMessage = async (streamId: string): Promise<string> => {
  const id = uuidv7();
  await db.execute(sql`insert into messages (id, stream_id, author_id, seq, content)
    select ${id}, ${streamId}, ${viewer}, append_stream_event(${streamId}, 'chatMessage', null), 'Hello'`);
  return id;
};

describe('rooms of a performer', () => {
  it('lock_rooms: gives the streams that are not over, and the one that is asked for', async () => {
    const lock = async (given: string | null) =>
      (await model.query(sql`select to_json(lock_rooms(${performer}, ${viewer}, ${given})) as rooms`))[0]
        ?.rooms;
    expect(await lock(null)).toEqual(open);
    expect(await lock(open[0] ?? '')).toEqual(open);
    expect(await lock(ended)).toEqual([ended, ...open]);
  });

  it('append_to_rooms: tells each of them the same', async () => {
    const rooms = sql`array[${open[0]}, ${ended}]::uuid[]`;
    await model.query(sql`select append_to_rooms(${rooms}, 'chatCleared', '{"a": 1}')`);
    const event = { type: 'chatCleared', payload: { a: 1 } };
    expect(await eventsOf(ended, ...open)).toEqual([
      { streamId: ended, ...event },
      { streamId: open[0], ...event },
    ]);
  });

  it('room_modes: names them as the API does', async () => {
    await db
      .insert(roomSettings)
      .values({ performerId: performer, slowModeSeconds: 5, blockedTerms: ['term'] });
    const modes = { slowModeSeconds: 5, isFollowersOnly: false, isTicketsOnly: false, areLinksAllowed: true };
    expect(
      await model.query(sql`select room_modes(room_settings) as modes from room_settings
        where performer_id = ${performer}`),
    ).toEqual([{ modes }]);
  });
});

describe('restrictions', () => {
  it('restrict_viewer: tells every open room, but not why', async () => {
    expect(await restrict({ kind: 'timeout', seconds: 60 })).toMatchObject({
      outcome: 'done',
      logged: open,
      result: { user: { id: viewer }, kind: 'timeout', reason: 'Spam', expiresAt: later, createdAt: aMoment },
    });
    const payload = { userId: viewer, kind: 'timeout', expiresAt: later };
    expect(await eventsOf(ended, ...open)).toEqual(
      open.map((streamId) => ({ streamId, type: 'viewerRestricted', payload })),
    );
    expect(await lines()).toEqual([
      { action: 'viewer_timed_out', targetId: viewer, details: { seconds: 60 } },
    ]);
  });

  it('a ban has no end, and the same one again is no act', async () => {
    expect(await restrict()).toMatchObject({ outcome: 'done', result: { expiresAt: null } });
    const again = await restrict({ at: later });
    expect(again).toMatchObject({ outcome: 'unchanged', logged: [], result: { createdAt: aMoment } });
    expect(await lines()).toHaveLength(1);
  });

  it('a moderator who is restricted is one no more, which is told and written first', async () => {
    await appoint();
    const other = await model.addUser();
    await appoint(other);
    expect(await restrict({ actor: other })).toMatchObject({ outcome: 'protected', logged: [] });
    expect(await restrict()).toMatchObject({ outcome: 'done' });
    const actions = ['moderator_appointed', 'moderator_appointed', 'moderator_dismissed', 'viewer_banned'];
    expect((await lines()).map(({ action }) => action)).toEqual(actions);
    const told = (await eventsOf(open[0] ?? '')).map(({ type }) => type);
    expect(told).toEqual(['moderatorAdded', 'moderatorAdded', 'moderatorRemoved', 'viewerRestricted']);
  });

  it('lift_restriction: is an act only while something is in force', async () => {
    const lift = (at = aMoment) =>
      act(sql`lift_restriction(${ended}, ${performer}, ${viewer}, ${at}, ${uuidv7()})`);
    expect(await lift()).toMatchObject({ outcome: 'unchanged', logged: [] });
    await restrict();
    expect(await lift()).toMatchObject({ outcome: 'done', logged: [ended, ...open] });
    expect(await eventsOf(ended)).toEqual([
      { streamId: ended, type: 'viewerRestored', payload: { userId: viewer } },
    ]);
    await restrict({ kind: 'timeout', seconds: 60 });
    expect(await lift(later)).toMatchObject({ outcome: 'unchanged', logged: [] });
    expect(await db.$count(roomRestrictions, eq(roomRestrictions.performerId, performer))).toBe(0);
    const actions = ['viewer_banned', 'restriction_lifted', 'viewer_timed_out'];
    expect((await lines()).map(({ action }) => action)).toEqual(actions);
  });
});

describe('moderators', () => {
  it('appoint_moderator: appoints once, and nobody who is restricted', async () => {
    await restrict({ kind: 'timeout', seconds: 60 });
    expect(await appoint()).toMatchObject({ outcome: 'restricted', logged: [] });
    const appointed = { result: { user: { id: viewer }, createdAt: later } };
    expect(await appoint(viewer, later)).toMatchObject({ outcome: 'done', logged: open, ...appointed });
    expect(await appoint(viewer, later)).toMatchObject({ outcome: 'unchanged', logged: [], ...appointed });
    expect((await eventsOf(open[1] ?? '')).at(-1)).toEqual({
      streamId: open[1],
      type: 'moderatorAdded',
      payload: { userId: viewer },
    });
    expect(await appoint(performer)).toMatchObject({ outcome: 'oneself' });
  });

  it('dismiss_moderator: is an act only for a moderator', async () => {
    const dismiss = () =>
      act(sql`dismiss_moderator(${performer}, ${performer}, ${viewer}, ${aMoment}, ${uuidv7()})`);
    await appoint();
    expect(await dismiss()).toMatchObject({ outcome: 'done', logged: open });
    expect(await dismiss()).toMatchObject({ outcome: 'unchanged', logged: [] });
    expect((await lines()).map(({ action }) => action)).toEqual([
      'moderator_appointed',
      'moderator_dismissed',
    ]);
  });
});

describe('a room', () => {
  it('update_room_settings: tells the modes when one of them changed, and never the terms', async () => {
    const update = (slow: number | null, terms: SQL) =>
      act(sql`update_room_settings(${open[0]}, ${performer}, ${slow}, null, null, null, ${terms}, ${terms},
        ${aMoment}, ${uuidv7()})`);
    const none = sql`null`;
    const modes = { slowModeSeconds: 5, isFollowersOnly: false, isTicketsOnly: false, areLinksAllowed: true };
    expect(await update(0, none)).toMatchObject({ outcome: 'unchanged', logged: [] });
    expect(await update(5, none)).toEqual({
      outcome: 'done',
      logged: open,
      result: { ...modes, blockedTerms: [] },
    });
    const terms = sql`array['term']::text[]`;
    const withTerms = { ...modes, blockedTerms: ['term'] };
    expect(await update(null, terms)).toEqual({ outcome: 'done', logged: [], result: withTerms });
    expect(await update(5, terms)).toEqual({ outcome: 'unchanged', logged: [], result: withTerms });
    expect(await eventsOf(open[0] ?? '')).toEqual([
      { streamId: open[0], type: 'modesChanged', payload: { modes } },
    ]);
    expect((await lines()).map(({ details }) => details)).toEqual([
      { slowModeSeconds: 5 },
      { blockedTerms: ['term'] },
    ]);
  });

  it('pin_message: pins what is to be seen in this stream, and unpins', async () => {
    const pin = (id: string | null) =>
      act(sql`pin_message(${ended}, ${performer}, ${id}, ${aMoment}, ${uuidv7()})`);
    const [one, other] = [await addMessage(ended), await addMessage(open[0] ?? '')];
    expect(await pin(null)).toMatchObject({ outcome: 'unchanged', logged: [] });
    expect(await pin(other)).toMatchObject({ outcome: 'message_not_found', logged: [] });
    expect(await pin(one)).toMatchObject({ outcome: 'done', logged: [ended], result: { id: one } });
    expect(await pin(one)).toMatchObject({ outcome: 'unchanged', logged: [], result: { id: one } });
    expect(await pin(null)).toMatchObject({ outcome: 'done', logged: [ended] });
    expect((await eventsOf(ended)).map(({ payload }) => payload)).toEqual([
      { messageId: one },
      { messageId: null },
    ]);
    expect((await lines()).map(({ action }) => action)).toEqual(['message_pinned', 'message_unpinned']);
  });

  it('clear_chat: takes everything up to its own event away, the pinned message first', async () => {
    const message = await addMessage(ended);
    await act(sql`pin_message(${ended}, ${performer}, ${message}, ${aMoment}, ${uuidv7()})`);
    const clear = () => act(sql`clear_chat(${ended}, ${performer}, ${aMoment}, ${uuidv7()})`);
    expect(await clear()).toMatchObject({ outcome: 'done', logged: [ended] });
    const events = await eventsOf(ended);
    expect(events.map(({ type }) => type)).toEqual(['messagePinned', 'messagePinned', 'chatCleared']);
    const [log] = await db.select().from(streamLogs).where(eq(streamLogs.streamId, ended));
    expect(log?.clearedSeq).toBe(log?.lastSeq);
    expect(log?.pinnedMessageId).toBeNull();
    expect(
      await act(sql`pin_message(${ended}, ${performer}, ${message}, ${aMoment}, ${uuidv7()})`),
    ).toMatchObject({
      outcome: 'message_not_found',
    });
    await clear();
    expect((await eventsOf(ended)).at(-1)?.type).toBe('chatCleared');
  });
});

it('a deleted account follows nobody, moderates nothing, and leaves no settings', async () => {
  const other = await model.addUser();
  await db.insert(follows).values([
    { followerId: performer, followedId: other },
    { followerId: other, followedId: performer },
    { followerId: other, followedId: viewer },
  ]);
  await db.insert(roomModerators).values([
    { performerId: performer, userId: other },
    { performerId: other, userId: performer },
    { performerId: other, userId: viewer },
  ]);
  await db.insert(roomRestrictions).values([
    { performerId: performer, userId: viewer, kind: 'ban' },
    { performerId: viewer, userId: performer, kind: 'ban' },
    { performerId: viewer, userId: other, kind: 'ban' },
  ]);
  await db.insert(roomSettings).values([{ performerId: performer }, { performerId: other }]);
  await model.query(sql`select delete_account(${performer}, ${aMoment})`);
  const involved = [performer, other, viewer];
  expect(await db.select().from(follows).where(inArray(follows.followerId, involved))).toMatchObject([
    { followerId: other, followedId: viewer },
  ]);
  expect(
    await db.select().from(roomModerators).where(inArray(roomModerators.performerId, involved)),
  ).toMatchObject([{ performerId: other, userId: viewer }]);
  expect(
    await db.select().from(roomRestrictions).where(inArray(roomRestrictions.performerId, involved)),
  ).toMatchObject([{ performerId: viewer, userId: other }]);
  expect(
    await db.select().from(roomSettings).where(inArray(roomSettings.performerId, involved)),
  ).toMatchObject([{ performerId: other }]);
});
