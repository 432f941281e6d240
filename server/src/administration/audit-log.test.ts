import { auditLog } from '@versbottomlex/database';
import { asc, eq } from 'drizzle-orm';
import { afterAll, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { createTestServices } from '../../test/services.js';
import { findUserId, setRole } from './administration.queries.js';

const platform = await createTestServices();
const { services, database } = platform;
const given = createFactories(platform);
afterAll(platform.close);

const identityOf = ({ accessToken }: { accessToken: string }) =>
  services.auth.authenticateAfresh(accessToken);
const admin = await identityOf(await given.admin());
const actorId = admin.userId;
/** What an admin, or nobody in particular, did to somebody; what factories prepare is left out. */
const notedOf = async (userId: string, by: string | null = actorId) => {
  const lines = await database.client
    .select()
    .from(auditLog)
    .where(eq(auditLog.subjectId, userId))
    .orderBy(asc(auditLog.id));
  return lines.filter((line) => line.actorId === by).map(({ action, details }) => ({ action, details }));
};

it('has the verification of a performer, where it changes', async () => {
  const { id } = (await given.unverifiedPerformer()).user;
  for (const isVerified of [true, true, false]) await services.users.verify(admin, { id, isVerified });
  expect(await notedOf(id)).toEqual([
    { action: 'verification_changed', details: { isVerified: true } },
    { action: 'verification_changed', details: { isVerified: false } },
  ]);
});

it('has the deletion of an account by an admin, and not that by its owner', async () => {
  const [one, other] = [await given.account(), await given.account()];
  await services.users.delete(admin, one.user.id, true);
  expect(await notedOf(one.user.id)).toEqual([
    { action: 'account_deleted', details: { isBalanceForfeited: true } },
  ]);
  await given.deleted(other);
  expect(await notedOf(other.user.id, other.user.id)).toEqual([]);
});

it('has the end of a stream by an admin, once, and not that by its performer', async () => {
  const performer = await given.performer();
  const { id: streamId } = await given.stream(performer);
  await services.streams.end(admin, streamId);
  await services.streams.end(admin, streamId);
  const own = await given.stream(performer);
  await services.streams.end(await identityOf(performer), own.id);
  expect(await notedOf(performer.user.id)).toEqual([{ action: 'stream_ended', details: { streamId } }]);
  expect(await notedOf(performer.user.id, performer.user.id)).toEqual([]);
});

it('has each decision of a payout', async () => {
  const performer = await given.performer();
  const { id: payoutId } = await given.payout(performer);
  await services.payouts.approve(admin, payoutId);
  await services.payouts.approve(admin, payoutId);
  await services.payouts.markPaid(admin, { id: payoutId });
  expect(await notedOf(performer.user.id)).toEqual([
    { action: 'payout_decided', details: { payoutId, status: 'approved' } },
    { action: 'payout_decided', details: { payoutId, status: 'paid' } },
  ]);
});

it('has the refund of a payment by an admin, and not that of a ticket by its performer', async () => {
  const [performer, viewer, other] = [await given.performer(), await given.account(), await given.account()];
  const show = await given.show(performer);
  const { id: paymentId } = await given.ticket(viewer, show);
  await services.refunds.refund(admin, paymentId);
  const ticket = await given.ticket(other, show);
  await services.refunds.refund(await identityOf(performer), ticket.id);
  expect(await notedOf(viewer.user.id)).toEqual([{ action: 'payment_refunded', details: { paymentId } }]);
  expect(await notedOf(other.user.id, performer.user.id)).toEqual([]);
});

it('has what somebody does at the console, as nobody’s', async () => {
  const { id, username } = (await given.account()).user;
  expect(await findUserId(database, username.toUpperCase())).toBe(id);
  await setRole(database, { username, role: 'performer', isVerified: true });
  await services.administration.suspend(null, { id, reason: 'Spam' });
  await services.administration.lift(null, id);
  expect(await notedOf(id, null)).toEqual([
    { action: 'role_changed', details: { from: 'viewer', to: 'performer' } },
    { action: 'verification_changed', details: { isVerified: true } },
    { action: 'user_suspended', details: { endedStreamIds: [] } },
    { action: 'suspension_lifted', details: null },
  ]);
  expect(await findUserId(database, 'nobody_of_this_name')).toBeUndefined();
});

it('holds no free text, so that nothing of a person outlives the account', async () => {
  const { id } = (await given.account()).user;
  await services.administration.suspend(admin, { id, reason: 'Spam by Ava of Elm Street' });
  const report = await given.report({ userId: id, comment: 'Ava of Elm Street' });
  await services.reports.decide(admin, { id: report.id, decision: 'acted', note: 'Ava of Elm Street' });
  expect(JSON.stringify(await database.client.select().from(auditLog))).not.toContain('Elm');
});
