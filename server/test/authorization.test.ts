import type { ErrorCode } from '@versbottomlex/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appRouter } from '../src/app-router.js';
import { type Caller, callers, type Row } from './callers.js';
import { createFactories, type Factories } from './factories.js';
import { createTestApp, type TestApp } from './harness.js';
import { sampleCalls } from './sample-calls.js';
import {
  callOver,
  operationOf,
  operations,
  type ProcedurePath,
  socketPaths,
  transports,
} from './transports.js';

const open: Row = {
  anonymous: 'ok',
  other: 'ok',
  owner: 'ok',
  moderator: 'ok',
  performer: 'ok',
  admin: 'ok',
  suspended: 'ok',
};
const anyone: Row = { ...open, suspended: 'ACCOUNT_SUSPENDED' };
const signedIn: Row = { ...anyone, anonymous: 'NOT_AUTHENTICATED' };
/** Those who moderate the owner's rooms, of which the owner and admins are. */
const moderators: Row = { ...signedIn, other: 'FORBIDDEN', performer: 'FORBIDDEN' };
const ownerOrAdmin: Row = { ...moderators, moderator: 'FORBIDDEN' };
const ownerOnly: Row = { ...ownerOrAdmin, admin: 'FORBIDDEN' };

/** Others have no second factor. */
const ofSecondFactor: Row = {
  ...signedIn,
  other: 'SECOND_FACTOR_NOT_SET_UP',
  moderator: 'SECOND_FACTOR_NOT_SET_UP',
  performer: 'SECOND_FACTOR_NOT_SET_UP',
  admin: 'SECOND_FACTOR_NOT_SET_UP',
};

/** Those whose owner is an admin. */
const ofAdmins = new Set<ProcedurePath>([
  'users.verify',
  'users.suspend',
  'users.liftSuspension',
  'users.setRole',
  'reports.list',
  'reports.decide',
  'administration.listAuditLog',
  'payments.approvePayout',
  'payments.rejectPayout',
  'payments.markPayoutPaid',
]);

/** Who may call what. The owner is whom {@link sampleCalls} prepares. */
const matrix: Record<ProcedurePath, Row> = {
  'auth.register': open,
  'auth.login': open,
  'auth.refresh': open,
  'auth.me': signedIn,
  'auth.changePassword': signedIn,
  'auth.logout': signedIn,
  'auth.requestPasswordReset': open,
  'auth.resetPassword': open,
  'auth.requestEmailVerification': signedIn,
  'auth.verifyEmail': open,
  'auth.requestEmailChange': signedIn,
  'auth.confirmEmailChange': open,
  'auth.listSessions': signedIn,
  'auth.revokeSession': {
    ...signedIn,
    other: 'NOT_FOUND',
    moderator: 'NOT_FOUND',
    performer: 'NOT_FOUND',
    admin: 'NOT_FOUND',
  },
  'auth.secondFactor': signedIn,
  'auth.beginSecondFactor': signedIn,
  'auth.confirmSecondFactor': ofSecondFactor,
  'auth.renewRecoveryCodes': ofSecondFactor,
  'auth.removeSecondFactor': ofSecondFactor,
  'auth.listPasskeys': signedIn,
  'auth.beginPasskey': signedIn,
  // Options are for one session.
  'auth.addPasskey': {
    ...signedIn,
    other: 'VALIDATION_FAILED',
    moderator: 'VALIDATION_FAILED',
    performer: 'VALIDATION_FAILED',
    admin: 'VALIDATION_FAILED',
  },
  'auth.removePasskey': {
    ...signedIn,
    other: 'NOT_FOUND',
    moderator: 'NOT_FOUND',
    performer: 'NOT_FOUND',
    admin: 'NOT_FOUND',
  },
  'auth.beginPasskeyLogin': open,
  'auth.passkeyLogin': open,
  'users.get': anyone,
  'users.update': ownerOrAdmin,
  'users.delete': ownerOrAdmin,
  'users.becomePerformer': ownerOnly,
  'users.verify': ownerOrAdmin,
  'users.suspend': ownerOrAdmin,
  'users.liftSuspension': ownerOrAdmin,
  'users.setRole': ownerOrAdmin,
  'users.listStreams': anyone,
  'users.follow': signedIn,
  'users.unfollow': signedIn,
  'users.listFollowed': signedIn,
  'streams.list': anyone,
  'streams.create': { ...signedIn, other: 'NOT_A_PERFORMER', moderator: 'NOT_A_PERFORMER' },
  'streams.get': {
    ...anyone,
    anonymous: 'ACCESS_REQUIRED',
    other: 'ACCESS_REQUIRED',
    moderator: 'ACCESS_REQUIRED',
    performer: 'ACCESS_REQUIRED',
  },
  'streams.update': ownerOrAdmin,
  'streams.start': ownerOrAdmin,
  'streams.end': ownerOrAdmin,
  'chat.send': signedIn,
  'chat.history': anyone,
  'chat.delete': moderators,
  'moderation.getSettings': moderators,
  'moderation.updateSettings': moderators,
  'moderation.restrict': moderators,
  'moderation.lift': moderators,
  'moderation.listRestrictions': moderators,
  'moderation.pin': moderators,
  'moderation.unpin': moderators,
  'moderation.clear': moderators,
  'moderation.appoint': ownerOrAdmin,
  'moderation.dismiss': ownerOrAdmin,
  'moderation.listModerators': moderators,
  'moderation.listActions': ownerOrAdmin,
  'presence.list': moderators,
  'reports.create': signedIn,
  'reports.list': ownerOrAdmin,
  'reports.decide': ownerOrAdmin,
  'administration.listAuditLog': ownerOrAdmin,
  // Others have nothing in their wallets.
  'payments.tip': {
    ...signedIn,
    other: 'INSUFFICIENT_FUNDS',
    moderator: 'INSUFFICIENT_FUNDS',
    performer: 'INSUFFICIENT_FUNDS',
    admin: 'INSUFFICIENT_FUNDS',
  },
  'payments.getGoal': anyone,
  'payments.setGoal': ownerOrAdmin,
  'payments.clearGoal': ownerOrAdmin,
  'payments.leaderboard': anyone,
  'payments.buyAccess': {
    ...signedIn,
    other: 'INSUFFICIENT_FUNDS',
    moderator: 'INSUFFICIENT_FUNDS',
    performer: 'INSUFFICIENT_FUNDS',
    admin: 'INSUFFICIENT_FUNDS',
  },
  'payments.refund': { ...signedIn, other: 'NOT_FOUND', moderator: 'NOT_FOUND', performer: 'NOT_FOUND' },
  'payments.topUp': signedIn,
  'payments.confirmTopUp': {
    ...signedIn,
    other: 'NOT_FOUND',
    moderator: 'NOT_FOUND',
    performer: 'NOT_FOUND',
    admin: 'NOT_FOUND',
  },
  'payments.history': signedIn,
  'payments.wallet': signedIn,
  'payments.getSpendingLimit': signedIn,
  'payments.setSpendingLimit': signedIn,
  'payments.requestPayout': ofSecondFactor,
  'payments.listPayouts': signedIn,
  'payments.approvePayout': ownerOrAdmin,
  'payments.rejectPayout': ownerOrAdmin,
  'payments.markPayoutPaid': ownerOrAdmin,
  'payments.earnings': { ...signedIn, other: 'NOT_A_PERFORMER', moderator: 'NOT_A_PERFORMER' },
  'payments.get': { ...signedIn, other: 'NOT_FOUND', moderator: 'NOT_FOUND', performer: 'NOT_FOUND' },
};

let test: TestApp;
let given: Factories;

beforeAll(async () => {
  test = await createTestApp({ environment: { PERFORMER_APPROVAL: 'admin' } });
  given = createFactories(test);
});
afterAll(() => test.close());

describe.each(Object.entries(matrix) as [ProcedurePath, Row][])('%s', (path, row) => {
  it.each(Object.entries(row) as [Caller, 'ok' | ErrorCode][])(
    'for %s is %s, over both transports',
    async (caller, expected) => {
      for (const transport of transports) {
        const { owner, input } = await sampleCalls[path](given);
        const as = await callers[caller](given, owner);
        const answer = await callOver(test.app, transport, operationOf(path), input, { as });
        expect([transport, answer.failure?.code ?? 'ok']).toEqual([transport, expected]);
      }
    },
  );
});

describe('the matrix', () => {
  it('has a row for every procedure', () => {
    // Those of sockets and of uploads have theirs in authorization-of-sockets.test.ts and authorization-of-uploads.test.ts.
    const rows = [...Object.keys(matrix), ...socketPaths];
    expect(rows.sort()).toEqual(Object.keys(appRouter._def.procedures).sort());
  });

  it('agrees with the kind of every procedure', () => {
    const kinds = operations.map(({ procedurePath, meta }) => {
      const row = matrix[procedurePath];
      if (row.suspended === 'ok') return [procedurePath, 'open', meta.access];
      if (row.anonymous !== 'NOT_AUTHENTICATED') return [procedurePath, 'public', meta.access];
      return [procedurePath, ofAdmins.has(procedurePath) ? 'admin' : 'signedIn', meta.access];
    });
    for (const [path, expected, actual] of kinds) expect([path, actual]).toEqual([path, expected]);
  });
});
