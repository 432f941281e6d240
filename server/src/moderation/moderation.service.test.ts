import { moderationActions, roomModerators, roomRestrictions, streamLogs } from '@versbottomlex/database';
import { type RestrictViewerInput, type SignedIn, UpdateRoomSettingsInput } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { failureOf, outcomeOf } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const { services, database, clock, bus, logs } = platform;
const { moderation } = services;
const factories = createFactories(platform);
afterAll(platform.close);

const announced: string[] = [];
bus.subscribe((event) => {
  if (event.type === 'streamLogged') announced.push(event.streamId);
});

let performer: SignedIn;
let streamId: string;
beforeEach(async () => {
  performer = await factories.performer();
  streamId = (await factories.stream(performer)).id;
  announced.length = 0;
});

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);
type Kind = Pick<RestrictViewerInput, 'kind' | 'seconds' | 'reason'>;
const ban: Kind = { kind: 'ban' };
const restrict = async (by: SignedIn, { user }: SignedIn, given: Kind = ban) =>
  moderation.restrict(await identityOf(by), { streamId, userId: user.id, ...given });
const lift = async (by: SignedIn, { user }: SignedIn) =>
  moderation.lift(await identityOf(by), { streamId, userId: user.id });
const appoint = async (by: SignedIn, { user }: SignedIn, of = performer) =>
  moderation.appoint(await identityOf(by), { id: of.user.id, userId: user.id });
const dismiss = async (by: SignedIn, { user }: SignedIn, of = performer) =>
  moderation.dismiss(await identityOf(by), { id: of.user.id, userId: user.id });
const restricted = async () =>
  (await moderation.listRestrictions(await identityOf(performer), { streamId, limit: 100 })).items;
const actions = async () => {
  const { items } = await moderation.listActions(await identityOf(performer), {
    id: performer.user.id,
    limit: 100,
  });
  return items.reverse().map(({ action }) => action);
};

describe('restrictions', () => {
  it('are announced to every open room of the performer, and to no other', async () => {
    const scheduled = await factories.scheduledStream(performer);
    await factories.stream(await factories.performer());
    const ended = await factories.endedStream(await factories.performer());
    await restrict(performer, await factories.account());
    expect(announced.sort()).toEqual([streamId, scheduled.id].sort());
    expect(announced).not.toContain(ended.id);
  });

  it('run out by the clock: then they are none, and lifting them is no act', async () => {
    const viewer = await factories.account();
    await restrict(performer, viewer, { kind: 'timeout', seconds: 60, reason: 'Spam' });
    clock.advance(59);
    expect(await restricted()).toHaveLength(1);
    expect((await failureOf(appoint(performer, viewer))).code).toBe('CONFLICT');
    clock.advance(1);
    expect(await restricted()).toEqual([]);
    announced.length = 0;
    await lift(performer, viewer);
    expect(announced).toEqual([]);
    await appoint(performer, viewer);
    expect(await actions()).toEqual(['viewer_timed_out', 'moderator_appointed']);
  });

  it('replace each other, and hold in later streams', async () => {
    const viewer = await factories.account();
    await restrict(performer, viewer, { kind: 'timeout', seconds: 600 });
    await restrict(performer, viewer);
    await restrict(performer, viewer, { kind: 'timeout', seconds: 5 });
    await services.streams.end(await identityOf(performer), streamId);
    streamId = (await factories.stream(performer)).id;
    expect(await restricted()).toMatchObject([
      { user: { id: viewer.user.id }, kind: 'timeout', reason: null },
    ]);
  });

  it('keep their reasons from the log of the server', async () => {
    await restrict(performer, await factories.account(), { kind: 'ban', reason: 'Knows too much' });
    expect(JSON.stringify(logs)).toContain('Viewer restricted');
    expect(JSON.stringify(logs)).not.toContain('Knows too much');
  });

  it('by two at once leave one, and a line for each', async () => {
    const moderator = await factories.moderatorOf(performer);
    for (let round = 0; round < 10; round += 1) {
      const viewer = await factories.account();
      const before = (await actions()).length;
      const results = await Promise.all([
        restrict(performer, viewer, { kind: 'timeout', seconds: 600 }),
        restrict(moderator, viewer, { kind: 'ban', reason: 'Spam' }),
      ]);
      const left = await database.client.$count(
        roomRestrictions,
        eq(roomRestrictions.userId, viewer.user.id),
      );
      expect(left).toBe(1);
      const last = (await restricted()).find(({ user }) => user.id === viewer.user.id);
      expect(results).toContainEqual(last);
      expect((await actions()).length).toBe(before + 2);
    }
  });
});

describe('moderators', () => {
  it('may do what rooms need, but neither appoint nor touch each other, the performer or admins', async () => {
    const [moderator, other] = [
      await factories.moderatorOf(performer),
      await factories.moderatorOf(performer),
    ];
    const viewer = await factories.account();
    const identity = await identityOf(moderator);
    await restrict(moderator, viewer);
    await lift(moderator, viewer);
    await moderation.updateSettings(identity, { streamId, slowModeSeconds: 30 });
    for (const target of [other, performer, await factories.admin()]) {
      expect(await outcomeOf(restrict(moderator, target))).toBe('FORBIDDEN');
    }
    expect(await outcomeOf(restrict(moderator, moderator))).toBe('VALIDATION_FAILED');
    expect(await outcomeOf(appoint(moderator, viewer))).toBe('FORBIDDEN');
    expect(await outcomeOf(dismiss(moderator, other))).toBe('FORBIDDEN');
    expect(await outcomeOf(moderation.listActions(identity, { id: performer.user.id, limit: 5 }))).toBe(
      'FORBIDDEN',
    );
  });

  it('moderate for the performer who appointed them, and nobody else', async () => {
    const elsewhere = await factories.performer();
    const moderator = await factories.moderatorOf(elsewhere);
    expect(await outcomeOf(restrict(moderator, await factories.account()))).toBe('FORBIDDEN');
    await restrict(performer, moderator);
    expect(
      (
        await services.moderation.listModerators(await identityOf(elsewhere), {
          id: elsewhere.user.id,
          limit: 5,
        })
      ).items,
    ).toHaveLength(1);
  });

  it('stop being ones at once, when they are dismissed, restricted or deleted', async () => {
    const ways = [
      (moderator: SignedIn) => dismiss(performer, moderator),
      (moderator: SignedIn) => restrict(performer, moderator, { kind: 'timeout', seconds: 1 }),
    ];
    for (const end of ways) {
      const moderator = await factories.moderatorOf(performer);
      await end(moderator);
      expect(await outcomeOf(restrict(moderator, await factories.account()))).toBe('FORBIDDEN');
    }
    const moderator = await factories.moderatorOf(performer);
    await factories.deleted(moderator);
    const { items } = await moderation.listModerators(await identityOf(performer), {
      id: performer.user.id,
      limit: 5,
    });
    expect(items).toEqual([]);
  });

  it('are never restricted, however an appointment and a restriction meet', async () => {
    for (let round = 0; round < 15; round += 1) {
      const viewer = await factories.account();
      const [appointed, banned] = await Promise.all([
        outcomeOf(appoint(performer, viewer)),
        outcomeOf(restrict(performer, viewer)),
      ]);
      expect(banned).toBe('ok');
      expect(['ok', 'CONFLICT']).toContain(appointed);
      const isModerator = eq(roomModerators.userId, viewer.user.id);
      expect(await database.client.$count(roomModerators, isModerator)).toBe(0);
      const lines = await database.client
        .select({ action: moderationActions.action })
        .from(moderationActions)
        .where(eq(moderationActions.targetId, viewer.user.id))
        .orderBy(moderationActions.id);
      expect(lines.map(({ action }) => action).sort()).toEqual(
        appointed === 'ok'
          ? ['moderator_appointed', 'moderator_dismissed', 'viewer_banned']
          : ['viewer_banned'],
      );
    }
  });

  it('who are appointed twice at once are appointed once', async () => {
    const viewer = await factories.account();
    const made = await Promise.all([1, 2, 3, 4, 5].map(() => appoint(performer, viewer)));
    expect(new Set(made.map(({ createdAt }) => createdAt)).size).toBe(1);
    expect(await actions()).toEqual(['moderator_appointed']);
    expect(announced).toEqual([streamId]);
  });

  it('of performers who appoint each other at once keep nobody waiting', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [one, other] = [await factories.performer(), await factories.performer()];
      await Promise.all([appoint(one, other, one), appoint(other, one, other)]);
      await Promise.all([dismiss(one, other, one), dismiss(other, one, other)]);
    }
  });

  it('of performers who are deleted at once go with both', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [one, other] = [await factories.performer(), await factories.performer()];
      await factories.stream(one);
      await factories.scheduledStream(one);
      await appoint(one, other, one);
      await appoint(other, one, other);
      await services.follows.follow(await identityOf(one), other.user.id);
      await services.follows.follow(await identityOf(other), one.user.id);
      const ends = await Promise.all([
        outcomeOf(factories.deleted(one)),
        outcomeOf(factories.deleted(other)),
      ]);
      expect(ends).toEqual(['ok', 'ok']);
      const left = await database.client.$count(roomModerators, eq(roomModerators.performerId, one.user.id));
      expect(left).toBe(0);
    }
  });

  it('who act while the performer is deleted, act before it or not at all', async () => {
    for (let round = 0; round < scaled({ quick: 15, full: 200 }); round += 1) {
      const owner = await factories.performer();
      const moderator = await factories.moderatorOf(owner);
      const room = await factories.stream(owner);
      await factories.scheduledStream(owner);
      const { id: messageId } = await factories.storedMessage(room, moderator);
      const viewer = await factories.account();
      const identity = await identityOf(moderator);
      const of = { streamId: room.id };
      const [deleted, ...acts] = await Promise.all([
        outcomeOf(factories.deleted(owner)),
        outcomeOf(moderation.pin(identity, { ...of, messageId })),
        outcomeOf(moderation.clear(identity, of.streamId)),
        outcomeOf(moderation.restrict(identity, { ...of, userId: viewer.user.id, kind: 'ban' })),
        outcomeOf(moderation.updateSettings(identity, { ...of, slowModeSeconds: 30 })),
      ]);
      expect(deleted).toBe('ok');
      for (const act of acts) expect(['ok', 'FORBIDDEN', 'NOT_FOUND']).toContain(act);
      const left = await database.client.$count(
        roomRestrictions,
        eq(roomRestrictions.performerId, owner.user.id),
      );
      expect(left).toBe(0);
    }
  });

  it('are never those of an account that is deleted at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const viewer = await factories.account();
      const [appointed, deleted] = await Promise.all([
        outcomeOf(appoint(performer, viewer)),
        outcomeOf(factories.deleted(viewer)),
      ]);
      expect(deleted).toBe('ok');
      expect(['ok', 'NOT_FOUND']).toContain(appointed);
      const isModerator = eq(roomModerators.userId, viewer.user.id);
      expect(await database.client.$count(roomModerators, isModerator)).toBe(0);
    }
  });
});

describe('a room', () => {
  const update = async (input: Omit<UpdateRoomSettingsInput, 'streamId'>) =>
    moderation.updateSettings(
      await identityOf(performer),
      UpdateRoomSettingsInput.parse({ streamId, ...input }),
    );

  it('tells its modes when they change, and terms to nobody', async () => {
    await update({ slowModeSeconds: 30 });
    await update({ slowModeSeconds: 30 });
    await update({ blockedTerms: ['casino'] });
    expect(announced).toEqual([streamId]);
    expect(await actions()).toEqual(['settings_changed', 'settings_changed']);
  });

  it('refuses a term of which too little is left, by its place', async () => {
    const error = await failureOf(update({ blockedTerms: ['casino', 'e\u0301\u0302'] }));
    expect([error.code, error.errors?.[0]?.path]).toEqual(['VALIDATION_FAILED', 'blockedTerms.1']);
    expect((await moderation.getSettings(await identityOf(performer), streamId)).blockedTerms).toEqual([]);
  });

  it('keeps what two change at once', async () => {
    await Promise.all([
      update({ slowModeSeconds: 30 }),
      update({ isFollowersOnly: true }),
      update({ blockedTerms: ['casino'] }),
    ]);
    expect(await moderation.getSettings(await identityOf(performer), streamId)).toEqual({
      slowModeSeconds: 30,
      isFollowersOnly: true,
      isTicketsOnly: false,
      areLinksAllowed: true,
      blockedTerms: ['casino'],
    });
  });

  it('never has a pinned message that is cleared, however the two meet', async () => {
    const identity = await identityOf(performer);
    for (let round = 0; round < 15; round += 1) {
      const { id: messageId } = await factories.storedMessage({ id: streamId }, performer);
      const [pinned, cleared] = await Promise.all([
        outcomeOf(moderation.pin(identity, { streamId, messageId })),
        outcomeOf(moderation.clear(identity, streamId)),
      ]);
      expect([cleared, ['ok', 'NOT_FOUND'].includes(pinned)]).toEqual(['ok', true]);
      const [log] = await database.client.select().from(streamLogs).where(eq(streamLogs.streamId, streamId));
      expect(log?.pinnedMessageId).toBeNull();
    }
  });
});

it('every act leaves a line, in order, that tells who, whom, where and why; what changes nothing leaves none', async () => {
  const viewer = await factories.account();
  const identity = await identityOf(performer);
  const { id: messageId } = await factories.storedMessage({ id: streamId }, viewer);
  for (const _ of ['once', 'again']) {
    await appoint(performer, viewer);
    await moderation.updateSettings(identity, { streamId, areLinksAllowed: false });
    await moderation.pin(identity, { streamId, messageId });
  }
  for (const _ of ['once', 'again']) await moderation.unpin(identity, streamId);
  await moderation.clear(identity, streamId);
  for (const _ of ['once', 'again']) await dismiss(performer, viewer);
  await restrict(performer, viewer, { kind: 'timeout', seconds: 60, reason: 'Spam' });
  for (const _ of ['once', 'again']) await restrict(performer, viewer, { kind: 'ban', reason: 'More spam' });
  for (const _ of ['once', 'again']) await lift(performer, viewer);

  const { items } = await moderation.listActions(identity, { id: performer.user.id, limit: 100 });
  const none = { target: null, streamId: null, messageId: null, reason: null, details: null };
  const target = expect.objectContaining({ id: viewer.user.id });
  expect(items.reverse().map(({ id: _, createdAt: __, actor, ...line }) => [actor.id, line])).toEqual(
    [
      { ...none, action: 'moderator_appointed', target },
      { ...none, action: 'settings_changed', streamId, details: { areLinksAllowed: false } },
      { ...none, action: 'message_pinned', streamId, messageId },
      { ...none, action: 'message_unpinned', streamId, messageId },
      { ...none, action: 'chat_cleared', streamId },
      { ...none, action: 'moderator_dismissed', target },
      { ...none, action: 'viewer_timed_out', target, streamId, reason: 'Spam', details: { seconds: 60 } },
      { ...none, action: 'viewer_banned', target, streamId, reason: 'More spam' },
      { ...none, action: 'restriction_lifted', target, streamId },
    ].map((line) => [performer.user.id, line]),
  );
});
