import type { SignedIn, UpdateStreamInput } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { failureOf, outcomeOf } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const { services, clock, bus } = platform;
const factories = createFactories(platform);
afterAll(platform.close);

const announced: string[] = [];
bus.subscribe((event) => {
  if (event.type === 'streamChanged') announced.push(event.streamId);
});

let performer: SignedIn;
beforeEach(async () => {
  performer = await factories.performer();
});

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);
const update = async (input: UpdateStreamInput, by = performer) =>
  services.streams.update(await identityOf(by), input);
const inSeconds = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000).toISOString();

describe('update', () => {
  it('changes what is given and leaves the rest; null empties the category', async () => {
    const before = await factories.scheduledStream(performer, { category: 'Music', tags: ['piano'] });
    const { id } = before;
    announced.length = 0;
    const titled = await update({ id, title: 'Another title' });
    expect(titled).toEqual({ ...before, title: 'Another title', updatedAt: titled.updatedAt });
    expect(titled.updatedAt >= before.updatedAt).toBe(true);

    const changes = { description: 'Slow', tags: [], category: 'Talk', scheduledStartAt: inSeconds(60) };
    const changed = await update({ id, ...changes });
    expect(changed).toEqual({ ...titled, ...changes, updatedAt: changed.updatedAt });
    expect((await update({ id, category: null })).category).toBeNull();
    expect(announced).toEqual([id, id, id]);
  });

  it('with nothing to change answers the stream as it is, and tells nobody', async () => {
    const before = await factories.scheduledStream(performer);
    announced.length = 0;
    expect(await update({ id: before.id })).toEqual(before);
    expect(announced).toEqual([]);
  });

  it('is for the performer and admins', async () => {
    const { id } = await factories.stream(performer);
    expect(await outcomeOf(update({ id, title: 'Mine now' }, await factories.performer()))).toBe('FORBIDDEN');
    const admin = await factories.admin();
    expect((await update({ id, title: 'Moderated' }, admin)).title).toBe('Moderated');
    expect(await outcomeOf(update({ id: uuidv7(), title: 'Nothing' }, admin))).toBe('NOT_FOUND');
  });

  it('takes words but not terms while the stream is live', async () => {
    const { id } = await factories.stream(performer);
    const words = { title: 'New title', description: 'x', category: 'y', tags: ['z'] };
    expect(await update({ id, ...words })).toMatchObject(words);
    const terms: Omit<UpdateStreamInput, 'id'>[] = [
      { price: 500 },
      { price: null },
      { isPrivate: true, price: 500 },
      { isPrivate: false },
      { scheduledStartAt: inSeconds(60) },
      { title: 'With a term', isPrivate: false },
    ];
    for (const term of terms) expect(await outcomeOf(update({ id, ...term }))).toBe('STREAM_LIVE');
    expect(await services.streams.get(null, id)).toMatchObject({ title: 'New title', isPrivate: false });
  });

  it('takes nothing once the stream has ended', async () => {
    const { id } = await factories.endedStream(performer);
    const changes: Omit<UpdateStreamInput, 'id'>[] = [{ title: 'Too late' }, { price: 500 }, {}];
    for (const change of changes) expect(await outcomeOf(update({ id, ...change }))).toBe('STREAM_ENDED');
  });

  it('keeps price and privacy together', async () => {
    const { id } = await factories.scheduledStream(performer);
    const refused = async (change: Omit<UpdateStreamInput, 'id'>) => {
      const error = await failureOf(update({ id, ...change }));
      expect([error.code, error.errors?.[0]?.path]).toEqual(['VALIDATION_FAILED', 'price']);
    };
    await refused({ isPrivate: true });
    await refused({ price: 500 });
    await refused({ isPrivate: true, price: null });
    await refused({ isPrivate: false, price: 500 });
    expect(await update({ id, isPrivate: true, price: 500 })).toMatchObject({ isPrivate: true, price: 500 });
    expect(await update({ id, price: 600 })).toMatchObject({ isPrivate: true, price: 600 });
    await refused({ price: null });
    await refused({ isPrivate: false });
    expect(await update({ id, isPrivate: false, price: null })).toMatchObject({
      isPrivate: false,
      price: null,
    });
  });

  it('schedules for the future only', async () => {
    const { id } = await factories.scheduledStream(performer);
    for (const seconds of [0, -1]) {
      const error = await failureOf(update({ id, scheduledStartAt: inSeconds(seconds) }));
      expect([error.code, error.errors?.[0]?.path]).toEqual(['VALIDATION_FAILED', 'scheduledStartAt']);
    }
    const scheduledStartAt = inSeconds(0.001);
    expect((await update({ id, scheduledStartAt })).scheduledStartAt).toBe(scheduledStartAt);
  });

  it('of terms, racing the start, changes them before it or not at all', async () => {
    for (let round = 0; round < scaled({ quick: 15, full: 500 }); round += 1) {
      const { id } = await factories.scheduledStream(performer, { isPrivate: true, price: 500 });
      const identity = await identityOf(performer);
      const [started, updated] = await Promise.all([
        outcomeOf(services.streams.start(identity, id)),
        outcomeOf(services.streams.update(identity, { id, price: 600 })),
      ]);
      expect(started).toBe('ok');
      const { price } = await services.streams.get(identity, id);
      expect([updated, price]).toEqual(updated === 'ok' ? ['ok', 600] : ['STREAM_LIVE', 500]);
      await services.streams.end(identity, id);
    }
  });
});
