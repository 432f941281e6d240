import type { SignedIn } from '@versbottomlex/shared';
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

/** One call of every procedure, prepared anew for each use; tests of all procedures are complete by it. */
export const sampleCalls: Record<ProcedurePath, Prepare> = {
  'auth.register': async (given) => ({ owner: await given.account(), input: given.registration() }),
  'auth.login': ofViewer(({ user }) => ({ email: user.email, password: PASSWORD })),
  'auth.refresh': ofViewer(({ refreshToken }) => ({ refreshToken })),
  'auth.me': ofViewer(),
  'auth.changePassword': ofViewer(() => ({ currentPassword: PASSWORD, newPassword: `${PASSWORD}, changed` })),
  'auth.logout': ofViewer(() => ({ scope: 'session' })),
  'users.get': ofViewer(({ user }) => ({ id: user.id })),
  'users.update': ofViewer(({ user }) => ({ id: user.id, bio: 'Hello' })),
  'users.delete': ofViewer(({ user }) => ({ id: user.id })),
  'users.becomePerformer': ofViewer(({ user }) => ({ id: user.id })),
  'users.verify': async (given) => ({
    owner: await given.admin(),
    input: { id: (await given.unverifiedPerformer()).user.id, isVerified: true },
  }),
  'users.listStreams': ofViewer(({ user }) => ({ id: user.id, limit: 5 })),
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
  'payments.history': ofViewer(() => ({ limit: 5 })),
  'payments.get': async (given) => {
    const owner = await given.account();
    const payee = await given.performer();
    return {
      owner,
      input: { id: (await given.payment({ payerId: owner.user.id, payeeId: payee.user.id })).id },
    };
  },
};
