import type { CreateStreamInput, SignedIn } from '@versbottomlex/shared';
import { listTakenUsernames, setRole } from '../administration/administration.queries.js';
import type { Config } from '../config.js';
import type { Database } from '../platform/database.js';
import type { Services } from '../services.js';
import { DEMO_PASSWORD, demoEmail } from './demo-logins.js';

type DemoStream = Partial<CreateStreamInput> & { title: string; startsInHours?: number };
type DemoAccount = {
  username: string;
  role: 'viewer' | 'performer' | 'admin';
  streams?: DemoStream[];
  /** What is in the wallet, in minor units. */
  wallet?: number;
};

export const demoAccounts: DemoAccount[] = [
  {
    username: 'ava_live',
    role: 'performer',
    streams: [{ title: 'Friday night piano', category: 'Music', tags: ['music', 'piano', 'requests'] }],
  },
  {
    username: 'ben_cooks',
    role: 'performer',
    streams: [
      { title: 'Ramen from scratch', category: 'Cooking', tags: ['cooking', 'ramen'] },
      {
        title: 'Knife skills, one on one',
        category: 'Cooking',
        isPrivate: true,
        price: 1500,
        startsInHours: 48,
      },
    ],
  },
  {
    username: 'cleo_draws',
    role: 'performer',
    streams: [
      { title: 'Portraits of the chat', category: 'Art', tags: ['art', 'drawing'], startsInHours: 24 },
    ],
  },
  { username: 'vic_viewer', role: 'viewer', wallet: 10_000 },
  { username: 'demo_admin', role: 'admin' },
];

type Deps = { config: Config; services: Services; database: Database };

const register = ({ services }: Deps, username: string): Promise<SignedIn> =>
  services.auth.register(
    { username, email: demoEmail(username), password: DEMO_PASSWORD },
    { address: '', userAgent: 'demo' },
    { isByOperator: true },
  );

const createStreams = async ({ services }: Deps, signedIn: SignedIn, streams: DemoStream[]) => {
  const identity = await services.auth.authenticateAfresh(signedIn.accessToken);
  for (const { startsInHours, ...stream } of streams) {
    const scheduledStartAt =
      startsInHours === undefined
        ? undefined
        : new Date(Date.now() + startsInHours * 3_600_000).toISOString();
    await services.streams.create(identity, {
      description: '',
      tags: [],
      isPrivate: false,
      ...stream,
      scheduledStartAt,
    });
  }
};

/** With money of the sandbox; that of other providers is not ours to make up. */
const fillWallet = async ({ config, services }: Deps, signedIn: SignedIn, amount: number): Promise<void> => {
  if (config.payments.provider !== 'sandbox') return;
  await services.topUps.open(await services.auth.authenticateAfresh(signedIn.accessToken), { amount });
};

const createAccount = async (deps: Deps, account: DemoAccount): Promise<void> => {
  const { username, role, streams = [], wallet } = account;
  const signedIn = await register(deps, username);
  await setRole(deps.database, { username, role, isVerified: role !== 'viewer' });
  await createStreams(deps, signedIn, streams);
  if (wallet !== undefined) await fillWallet(deps, signedIn, wallet);
};

/** Makes the demo accounts and their streams; accounts that exist already stay as they are. */
export const seedDemo = async (deps: Deps, onStep: (line: string) => void): Promise<void> => {
  const taken = new Set(
    await listTakenUsernames(
      deps.database,
      demoAccounts.map(({ username }) => username),
    ),
  );
  const missing = demoAccounts.filter(({ username }) => !taken.has(username));
  if (missing.length === 0) return;
  await Promise.all(missing.map((account) => createAccount(deps, account)));
  onStep('Added demo accounts and streams');
};
