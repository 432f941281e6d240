import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditLog } from '@versbottomlex/database';
import { AuditAction } from '@versbottomlex/shared';
import { asc, eq } from 'drizzle-orm';
import { afterAll, expect, it } from 'vitest';
import { createFactories, PASSWORD } from '../../test/factories.js';
import { createTestServices } from '../../test/services.js';
import { projectDirectory } from '../config.js';
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

it('has what an admin does to the profile of others, and not what it says', async () => {
  const account = await given.account();
  const { id } = account.user;
  await services.users.update(admin, { id, bio: 'Ava of Elm Street', displayName: 'Ava' });
  await services.users.update(await identityOf(account), { id, bio: 'mine' });
  expect(await notedOf(id)).toEqual([
    { action: 'profile_changed', details: { fields: ['bio', 'displayName'] } },
  ]);
  expect(await notedOf(id, id)).toEqual([]);
});

it('has what an admin does to the pictures of others', async () => {
  const performer = await given.performer();
  const { id: streamId } = await given.stream(performer);
  await services.pictures.removeAvatar(admin, performer.user.id);
  await services.pictures.removeThumbnail(admin, streamId);
  expect(await notedOf(performer.user.id)).toEqual([
    { action: 'avatar_changed', details: null },
    { action: 'thumbnail_changed', details: { streamId } },
  ]);
});

it('has a changed password, and the end of a session from another one, once', async () => {
  const account = await given.account();
  const { id } = account.user;
  const [identity, elsewhere] = [await identityOf(account), await identityOf(await given.login(account))];
  const { sessionId } = elsewhere;
  for (let time = 0; time < 2; time += 1) await services.sessions.revoke(identity, sessionId);
  const newPassword = 'another horse battery';
  await services.auth.changePassword(identity, { currentPassword: PASSWORD, newPassword });
  expect(await notedOf(id, id)).toEqual([
    { action: 'session_revoked', details: { sessionId } },
    { action: 'password_changed', details: null },
  ]);
});

it('has a refresh token that came back, as nobody’s', async () => {
  const account = await given.account();
  const { sessionId } = await identityOf(account);
  await services.auth.refresh(account);
  await expect(services.auth.refresh(account)).rejects.toMatchObject({ code: 'REFRESH_TOKEN_REUSED' });
  expect(await notedOf(account.user.id, null)).toEqual([
    { action: 'refresh_token_reused', details: { sessionId } },
  ]);
});

it('has what somebody does at the console, as nobody’s', async () => {
  const { id, username } = (await given.account()).user;
  expect(await findUserId(database, username.toUpperCase())).toBe(id);
  await setRole(database, { username, role: 'performer', isVerified: true });
  await services.administration.suspend(null, { id, reason: 'Spam' });
  await services.administration.liftSuspension(null, id);
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

it('has an action that clients know for whatever a statement notes, and a statement for each', () => {
  const migrations = join(projectDirectory, 'drizzle/migrations');
  const features = join(projectDirectory, 'server/src');
  const noted = [migrations, features].flatMap((directory) =>
    readdirSync(directory, { encoding: 'utf8', recursive: true })
      .filter((name) => name.endsWith('.sql') || name.endsWith('.queries.ts'))
      .flatMap((name) => [
        ...readFileSync(join(directory, name), 'utf8').matchAll(/note_audit\([^,]+,\s*'(\w+)'/g),
      ])
      .map(([, action]) => action),
  );
  expect([...new Set(noted)].sort()).toEqual([...AuditAction.options].sort());
  expect(auditLog.action.enumValues).toEqual(AuditAction.options);
});
