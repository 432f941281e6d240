import { streams } from '@versbottomlex/database';
import {
  type CreateStreamInput,
  CreateStreamInput as CreateStreamSchema,
  type SignedIn,
} from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { failureOf, outcomeOf, tally } from '../../test/outcome.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices({ environment: { PERFORMER_APPROVAL: 'admin' } });
/** Another server on the same database, where whoever streams is a performer. */
const automatic = openSecondNode({ ...platform, config: { ...platform.config, performerApproval: 'auto' } });
const { services, database, clock, bus } = platform;
const factories = createFactories(platform);
afterAll(async () => {
  await automatic.close();
  await platform.close();
});

const announced: string[] = [];
bus.subscribe((event) => {
  if (event.type === 'streamChanged') announced.push(event.streamId);
});
beforeEach(() => {
  announced.length = 0;
  clock.advance(1);
});

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);
const content = (given: Partial<CreateStreamInput> = {}): CreateStreamInput =>
  CreateStreamSchema.parse({ title: 'Friday night piano', ...given });
const create = async (by: SignedIn, given: Partial<CreateStreamInput> = {}, node = services) =>
  node.streams.create(await identityOf(by), content(given));
const start = async (by: SignedIn, id: string) => services.streams.start(await identityOf(by), id);
const end = async (by: SignedIn, id: string) => services.streams.end(await identityOf(by), id);
const inSeconds = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000).toISOString();

describe('create', () => {
  it('goes live at once without a schedule, and tells the bus', async () => {
    const performer = await factories.performer();
    const { user } = performer;
    const stream = await create(performer, {
      description: 'Slow',
      category: 'Music',
      tags: ['Piano', 'piano'],
    });
    expect(stream).toEqual({
      id: expect.any(String),
      performer: {
        id: user.id,
        username: user.username,
        displayName: user.displayName,
        avatarUrl: null,
        isVerified: true,
      },
      title: 'Friday night piano',
      description: 'Slow',
      category: 'Music',
      thumbnailUrl: null,
      tags: ['piano'],
      status: 'live',
      isPrivate: false,
      price: null,
      currency: 'USD',
      viewerCount: 0,
      peakViewerCount: 0,
      scheduledStartAt: null,
      startedAt: clock.now().toISOString(),
      endedAt: null,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(await services.streams.get(null, stream.id)).toEqual(stream);
    expect(announced).toEqual([stream.id]);
  });

  it('is scheduled with a schedule or without a start, and live with both', async () => {
    const performer = await factories.performer();
    const scheduledStartAt = inSeconds(60);
    const times = (given: Partial<CreateStreamInput>) =>
      create(performer, given).then((stream) => [stream.status, stream.scheduledStartAt, stream.startedAt]);
    expect(await times({ scheduledStartAt })).toEqual(['scheduled', scheduledStartAt, null]);
    expect(await times({ startNow: false })).toEqual(['scheduled', null, null]);
    const now = clock.now().toISOString();
    expect(await times({ scheduledStartAt, startNow: true })).toEqual(['live', scheduledStartAt, now]);
  });

  it('takes any offset of a schedule, and only the future', async () => {
    const performer = await factories.performer();
    const at = new Date(clock.now().getTime() + 23 * 3_600_000 + 60_000);
    const eastOfEverything = `${at.toISOString().slice(0, -1)}+23:00`;
    const { scheduledStartAt } = await create(performer, { scheduledStartAt: eastOfEverything });
    expect(scheduledStartAt).toBe(inSeconds(60));
    for (const seconds of [0, -1]) {
      const error = await failureOf(create(performer, { scheduledStartAt: inSeconds(seconds) }));
      expect([error.code, error.errors?.[0]?.path]).toEqual(['VALIDATION_FAILED', 'scheduledStartAt']);
    }
  });

  it('leaves exactly one live stream when 20 are created at the same time', async () => {
    const performer = await factories.performer();
    const identity = await identityOf(performer);
    const calls = Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? automatic.services : services).streams.create(identity, content()),
    );
    expect(await tally(calls)).toEqual({ ok: 1, ALREADY_LIVE: 19 });
    const rows = await database.client
      .select()
      .from(streams)
      .where(eq(streams.performerId, performer.user.id));
    expect(rows.map((row) => row.status)).toEqual(['live']);
    expect(await outcomeOf(create(performer, { startNow: false }))).toBe('ok');
  });

  it('is for verified performers and admins where admins approve, and says which of it is missing', async () => {
    expect(await outcomeOf(create(await factories.account()))).toBe('NOT_A_PERFORMER');
    expect(await outcomeOf(create(await factories.unverifiedPerformer()))).toBe('NOT_VERIFIED');
    expect(await outcomeOf(create(await factories.admin()))).toBe('ok');
  });

  it('makes a performer of a viewer where that is automatic, also of one who creates 20 at the same time', async () => {
    const account = await factories.account();
    const identity = await identityOf(account);
    const calls = Array.from({ length: 20 }, () => automatic.services.streams.create(identity, content()));
    expect(await tally(calls)).toEqual({ ok: 1, ALREADY_LIVE: 19 });
    expect(await identityOf(account)).toMatchObject({ role: 'performer', isVerified: true });

    const refused = create(await factories.unverifiedPerformer(), {}, automatic.services);
    expect(await outcomeOf(refused)).toBe('NOT_VERIFIED');
  });
});

describe('get', () => {
  it('of a private stream is for its performer and admins; others hear the price', async () => {
    const performer = await factories.performer();
    const { id } = await create(performer, { isPrivate: true, price: 500 });
    const [stranger, admin] = [await factories.performer(), await factories.admin()];
    for (const identity of [null, await identityOf(stranger)]) {
      const error = await failureOf(services.streams.get(identity, id));
      expect([error.code, error.price]).toEqual(['ACCESS_REQUIRED', { amount: 500, currency: 'USD' }]);
    }
    for (const by of [performer, admin]) {
      expect(await services.streams.get(await identityOf(by), id)).toMatchObject({ id, price: 500 });
    }
    await end(performer, id);
    expect(await outcomeOf(services.streams.get(null, id))).toBe('ACCESS_REQUIRED');
  });

  it('knows no unknown stream, and changes nothing', async () => {
    const stream = await create(await factories.performer());
    expect(await outcomeOf(services.streams.get(null, uuidv7()))).toBe('NOT_FOUND');
    for (let round = 0; round < 3; round += 1)
      expect(await services.streams.get(null, stream.id)).toEqual(stream);
  });
});

describe('start', () => {
  it('takes a scheduled stream live, once', async () => {
    const performer = await factories.performer();
    const { id } = await create(performer, { startNow: false });
    clock.advance(60);
    const stream = await start(performer, id);
    expect(stream).toMatchObject({ status: 'live', startedAt: clock.now().toISOString() });
    clock.advance(60);
    expect(await outcomeOf(start(performer, id))).toBe('STREAM_LIVE');
    expect(await services.streams.get(null, id)).toEqual(stream);
    expect(announced).toEqual([id, id]);
    await end(performer, id);
    expect(await outcomeOf(start(performer, id))).toBe('STREAM_ENDED');
  });

  it('succeeds once for 10 calls at the same time, and for one of 10 streams', async () => {
    const performer = await factories.performer();
    const ids: string[] = [];
    for (let made = 0; made < 10; made += 1) ids.push((await create(performer, { startNow: false })).id);
    const [first] = ids;
    expect(await tally(ids.map(() => start(performer, first ?? '')))).toEqual({ ok: 1, STREAM_LIVE: 9 });
    await end(performer, first ?? '');
    const outcomes = await tally(ids.slice(1).map((id) => start(performer, id)));
    expect(outcomes).toEqual({ ok: 1, ALREADY_LIVE: 8 });
  });

  it('is for the performer and admins', async () => {
    const { id } = await create(await factories.performer(), { startNow: false });
    expect(await outcomeOf(start(await factories.performer(), id))).toBe('FORBIDDEN');
    expect(await outcomeOf(start(await factories.admin(), uuidv7()))).toBe('NOT_FOUND');
    expect(await outcomeOf(start(await factories.admin(), id))).toBe('ok');
  });
});

describe('end', () => {
  it('ends a live or a scheduled stream, and gives the same answer again', async () => {
    const performer = await factories.performer();
    for (const given of [{}, { startNow: false }]) {
      const { id, startedAt } = await create(performer, given);
      await database.client.update(streams).set({ viewerCount: 7 }).where(eq(streams.id, id));
      clock.advance(60);
      announced.length = 0;
      const stream = await end(performer, id);
      expect(stream).toMatchObject({
        status: 'ended',
        startedAt,
        endedAt: clock.now().toISOString(),
        viewerCount: 0,
      });
      clock.advance(60);
      expect(await end(performer, id)).toEqual(stream);
      expect(await services.streams.get(null, id)).toEqual(stream);
      expect(announced).toEqual([id]);
    }
  });

  it('gives all of 20 calls at the same time the same answer', async () => {
    const performer = await factories.performer();
    const { id } = await create(performer);
    const answers = await Promise.all(Array.from({ length: 20 }, () => end(performer, id)));
    expect(answers[0]?.status).toBe('ended');
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('is for the performer and admins, and lets the performer begin anew', async () => {
    const performer = await factories.performer();
    const { id } = await create(performer);
    expect(await outcomeOf(end(await factories.performer(), id))).toBe('FORBIDDEN');
    expect(await outcomeOf(end(await factories.admin(), uuidv7()))).toBe('NOT_FOUND');
    expect(await outcomeOf(end(await factories.admin(), id))).toBe('ok');
    expect(await outcomeOf(create(performer))).toBe('ok');
  });
});
