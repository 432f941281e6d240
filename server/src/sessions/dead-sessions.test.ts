import { sessions } from '@versbottomlex/database';
import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { outcomeOf } from '../../test/outcome.js';
import { sessionRow } from '../../test/rows.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const { services, database, clock } = platform;
const factories = createFactories(platform);
afterAll(platform.close);

const DAY_SECONDS = 86_400;
const idsOf = async (userId: string) =>
  (await database.client.select().from(sessions).where(eq(sessions.userId, userId))).map(({ id }) => id);

it('a session is removed a day after it could have been refreshed for the last time, and not before', async () => {
  const { user } = await factories.account();
  const [current] = await idsOf(user.id);
  const beganAgo = (seconds: number) =>
    sessionRow({ userId: user.id, id: uuidv7({ msecs: clock.now().getTime() - seconds * 1000 }) });
  const [over, kept] = [beganAgo(31 * DAY_SECONDS + 60), beganAgo(31 * DAY_SECONDS - 60)];
  await database.client.insert(sessions).values([over, kept]);
  await services.sessions.removeDead();
  expect((await idsOf(user.id)).sort()).toEqual([current, kept.id].sort());
});

it('all that are over are removed, however many they are', async () => {
  const account = await factories.account();
  const rows = Array.from({ length: 2500 }, () =>
    sessionRow({ userId: account.user.id, id: uuidv7({ msecs: 0 }) }),
  );
  await database.client.insert(sessions).values(rows);
  await services.sessions.removeDead();
  expect(await idsOf(account.user.id)).toEqual([factories.sessionIdOf(account)]);
  expect(await outcomeOf(services.auth.refresh(account))).toBe('ok');
});
