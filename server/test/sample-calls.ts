import { type SignedIn, type Stream, sandboxAmounts } from '@versbottomlex/shared';
import { type Factories, PASSWORD } from './factories.js';
import type { ProcedurePath } from './transports.js';

/** A call that succeeds for `owner`, to whom belongs what it is about. */
export type SampleCall = { owner: SignedIn; input: Record<string, unknown> | undefined };

type Prepare = (given: Factories) => Promise<SampleCall>;

const ofViewer =
  (inputOf: (owner: SignedIn) => Record<string, unknown> | undefined = () => undefined): Prepare =>
  async (given) => {
    const owner = await given.account();
    return { owner, input: inputOf(owner) };
  };

const ofAdmin =
  (inputOf: (given: Factories) => Promise<Record<string, unknown>>): Prepare =>
  async (given) => ({ owner: await given.admin(), input: await inputOf(given) });

/** A performer's call about a stream of theirs. */
const ofStream =
  (
    inputOf: (
      given: Factories,
      stream: Stream,
      owner: SignedIn,
    ) => Promise<Record<string, unknown>> = async () => ({}),
  ): Prepare =>
  async (given) => {
    const owner = await given.performer();
    const stream = await given.stream(owner);
    return { owner, input: { streamId: stream.id, ...(await inputOf(given, stream, owner)) } };
  };

/** One call of every procedure, prepared anew for each use; tests of all procedures are complete by it. */
export const sampleCalls: Record<ProcedurePath, Prepare> = {
  'auth.register': async (given) => ({ owner: await given.account(), input: given.registration() }),
  'auth.login': ofViewer(({ user }) => ({ email: user.email, password: PASSWORD })),
  'auth.refresh': ofViewer(({ refreshToken }) => ({ refreshToken })),
  'auth.me': ofViewer(),
  'auth.changePassword': ofViewer(() => ({ currentPassword: PASSWORD, newPassword: `${PASSWORD}, changed` })),
  'auth.logout': ofViewer(() => ({ scope: 'session' })),
  'auth.requestPasswordReset': ofViewer(({ user }) => ({ email: user.email })),
  'auth.resetPassword': async (given) => {
    const owner = await given.account();
    const token = await given.mailedToken(owner, 'password_reset');
    return { owner, input: { token, newPassword: `${PASSWORD}, forgotten` } };
  },
  'auth.requestEmailVerification': ofViewer(),
  'auth.verifyEmail': async (given) => {
    const owner = await given.account();
    return { owner, input: { token: await given.mailedToken(owner, 'email_verification') } };
  },
  'auth.requestEmailChange': ofViewer(({ user }) => ({
    newEmail: `new-${user.email}`,
    currentPassword: PASSWORD,
  })),
  'auth.confirmEmailChange': async (given) => {
    const owner = await given.account();
    return {
      owner,
      input: { token: await given.mailedToken(owner, 'email_change', `new-${owner.user.email}`) },
    };
  },
  'auth.listSessions': ofViewer(() => ({ limit: 5 })),
  'auth.revokeSession': async (given) => {
    const owner = await given.account();
    return { owner, input: { id: given.sessionIdOf(await given.login(owner)) } };
  },
  'auth.secondFactor': ofViewer(),
  'auth.beginSecondFactor': ofViewer(() => ({ currentPassword: PASSWORD })),
  'auth.confirmSecondFactor': async (given) => {
    const owner = await given.account();
    return { owner, input: { code: await given.firstCode(owner) } };
  },
  'auth.renewRecoveryCodes': async (given) => {
    const owner = await given.account();
    return { owner, input: { code: (await given.secondFactor(owner)).nextCode() } };
  },
  'auth.removeSecondFactor': async (given) => {
    const owner = await given.account();
    const { nextCode } = await given.secondFactor(owner);
    return { owner, input: { currentPassword: PASSWORD, code: nextCode() } };
  },
  'auth.listPasskeys': ofViewer(),
  'auth.beginPasskey': ofViewer(() => ({ currentPassword: PASSWORD })),
  'auth.addPasskey': async (given) => {
    const owner = await given.account();
    return { owner, input: { name: 'Laptop', credential: await given.newPasskey(owner) } };
  },
  'auth.removePasskey': async (given) => {
    const owner = await given.account();
    return { owner, input: { id: (await given.passkey(owner)).passkey.id } };
  },
  'auth.beginPasskeyLogin': ofViewer(),
  'auth.passkeyLogin': async (given) => {
    const owner = await given.account();
    const { authenticator } = await given.passkey(owner);
    return { owner, input: { credential: authenticator.get(await given.passkeyLogin()) } };
  },
  'users.get': ofViewer(({ user }) => ({ id: user.id })),
  'users.update': ofViewer(({ user }) => ({ id: user.id, bio: 'Hello' })),
  'users.delete': ofViewer(({ user }) => ({ id: user.id })),
  'users.becomePerformer': ofViewer(({ user }) => ({ id: user.id })),
  'users.verify': async (given) => ({
    owner: await given.admin(),
    input: { id: (await given.unverifiedPerformer()).user.id, isVerified: true },
  }),
  'users.suspend': ofAdmin(async (given) => ({ id: (await given.account()).user.id, reason: 'Spam' })),
  'users.liftSuspension': ofAdmin(async (given) => ({ id: (await given.suspended()).user.id })),
  'users.setRole': ofAdmin(async (given) => ({ id: (await given.account()).user.id, role: 'performer' })),
  'users.listStreams': ofViewer(({ user }) => ({ id: user.id, limit: 5 })),
  'users.follow': async (given) => ({
    owner: await given.account(),
    input: { id: (await given.performer()).user.id },
  }),
  'users.unfollow': async (given) => ({
    owner: await given.account(),
    input: { id: (await given.performer()).user.id },
  }),
  'users.listFollowed': ofViewer(() => ({ limit: 5 })),
  'streams.list': ofViewer(() => ({ limit: 5 })),
  'streams.create': async (given) => ({
    owner: await given.performer(),
    input: { title: 'Friday night piano', isPrivate: true, price: 500, startNow: true },
  }),
  'streams.get': async (given) => {
    const owner = await given.performer();
    return { owner, input: { id: (await given.scheduledStream(owner, { isPrivate: true, price: 500 })).id } };
  },
  'streams.update': async (given) => {
    const owner = await given.performer();
    const { id } = await given.scheduledStream(owner);
    return { owner, input: { id, title: 'Saturday night piano', isPrivate: true, price: 500 } };
  },
  'streams.start': async (given) => {
    const owner = await given.performer();
    return { owner, input: { id: (await given.scheduledStream(owner)).id } };
  },
  'streams.end': async (given) => {
    const owner = await given.performer();
    return { owner, input: { id: (await given.stream(owner)).id } };
  },
  'chat.send': ofStream(async () => ({ content: 'Hello everyone!' })),
  'chat.history': ofStream(async () => ({ limit: 5 })),
  'chat.delete': ofStream(async (given, stream) => ({
    messageId: (await given.storedMessage(stream, await given.account())).id,
  })),
  'moderation.getSettings': ofStream(),
  'moderation.updateSettings': ofStream(async () => ({
    slowModeSeconds: 10,
    blockedTerms: ['buy followers'],
  })),
  'moderation.restrict': ofStream(async (given) => ({
    userId: (await given.account()).user.id,
    kind: 'timeout',
    seconds: 600,
    reason: 'Spam',
  })),
  'moderation.lift': ofStream(async (given) => ({ userId: (await given.account()).user.id })),
  'moderation.listRestrictions': ofStream(async () => ({ limit: 5 })),
  'moderation.pin': ofStream(async (given, stream, owner) => ({
    messageId: (await given.storedMessage(stream, owner)).id,
  })),
  'moderation.unpin': ofStream(),
  'moderation.clear': ofStream(),
  'moderation.appoint': async (given) => {
    const owner = await given.performer();
    return { owner, input: { id: owner.user.id, userId: (await given.account()).user.id } };
  },
  'moderation.dismiss': async (given) => {
    const owner = await given.performer();
    return { owner, input: { id: owner.user.id, userId: (await given.moderatorOf(owner)).user.id } };
  },
  'moderation.listModerators': ofViewer(({ user }) => ({ id: user.id, limit: 5 })),
  'moderation.listActions': ofViewer(({ user }) => ({ id: user.id, limit: 5 })),
  'presence.list': async (given) => {
    const owner = await given.performer();
    return { owner, input: { streamId: (await given.stream(owner)).id, limit: 5 } };
  },
  'reports.create': async (given) => ({
    owner: await given.account(),
    input: {
      userId: (await given.account()).user.id,
      reason: 'spam',
      comment: 'The same link in every room.',
    },
  }),
  'reports.list': ofAdmin(async () => ({ limit: 5 })),
  'reports.decide': ofAdmin(async (given) => ({ id: (await given.report()).id, decision: 'acted' })),
  'administration.listAuditLog': ofAdmin(async () => ({ limit: 5 })),
  'payments.tip': async (given) => {
    const owner = await given.account();
    await given.funds(owner, 10_000);
    const { id: streamId } = await given.stream(await given.performer());
    return { owner, input: { streamId, amount: 500, message: 'Bravo!' } };
  },
  'payments.getGoal': ofStream(),
  'payments.setGoal': ofStream(async () => ({ title: 'A new microphone', targetAmount: 20_000 })),
  'payments.clearGoal': ofStream(),
  'payments.leaderboard': ofStream(async () => ({ limit: 5 })),
  'payments.buyAccess': async (given) => {
    const owner = await given.account();
    await given.funds(owner, 10_000);
    return { owner, input: { streamId: (await given.show(await given.performer())).id } };
  },
  'payments.refund': async (given) => {
    const owner = await given.performer();
    const ticket = await given.ticket(await given.account(), await given.show(owner));
    return { owner, input: { id: ticket.id } };
  },
  'payments.topUp': ofViewer(() => ({ amount: 5000 })),
  'payments.confirmTopUp': async (given) => {
    const owner = await given.account();
    return { owner, input: { id: (await given.topUp(owner, sandboxAmounts.confirmed)).payment.id } };
  },
  'payments.history': ofViewer(() => ({ limit: 5 })),
  'payments.wallet': ofViewer(),
  'payments.getSpendingLimit': ofViewer(),
  'payments.setSpendingLimit': ofViewer(() => ({ dailyAmount: 5000 })),
  'payments.requestPayout': async (given) => {
    const owner = await given.securedPerformer();
    await given.earned(owner, 10_000);
    return { owner, input: { amount: 10_000 } };
  },
  'payments.listPayouts': ofViewer(() => ({ limit: 5 })),
  'payments.approvePayout': async (given) => ({
    owner: await given.admin(),
    input: { id: (await given.payout(await given.performer())).id },
  }),
  'payments.rejectPayout': async (given) => ({
    owner: await given.admin(),
    input: { id: (await given.payout(await given.performer())).id, reason: 'The account is another’s.' },
  }),
  'payments.markPayoutPaid': async (given) => ({
    owner: await given.admin(),
    input: { id: (await given.payout(await given.performer(), 'approved')).id },
  }),
  'payments.earnings': async (given) => {
    const owner = await given.performer();
    await given.earned(owner, 10_000, 3);
    return { owner, input: undefined };
  },
  'payments.get': async (given) => {
    const owner = await given.account();
    const ticket = await given.ticket(owner, await given.show(await given.performer()));
    return { owner, input: { id: ticket.id } };
  },
};
