import type { CreateStreamInput, SignedIn } from '@versbottomlex/shared';
import { setRole } from '../administration/administration.queries.js';
import { AppError } from '../platform/app-error.js';
import type { Database } from '../platform/database.js';
import type { Services } from '../services.js';

/** Known to everyone who reads this, which is why these accounts exist in no database but a developer's. */
export const DEMO_PASSWORD = 'demo-versbottomlex';

type DemoStream = Partial<CreateStreamInput> & { title: string; startsInHours?: number };
type DemoAccount = { username: string; role: 'viewer' | 'performer' | 'admin'; streams?: DemoStream[] };

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
  { username: 'vic_viewer', role: 'viewer' },
  { username: 'demo_admin', role: 'admin' },
];

export const demoEmail = (username: string) => `${username}@example.com`;

type Deps = { services: Services; database: Database };

const register = async ({ services }: Deps, username: string): Promise<SignedIn | undefined> => {
  try {
    return await services.auth.register(
      { username, email: demoEmail(username), password: DEMO_PASSWORD },
      'demo',
    );
  } catch (error) {
    if (error instanceof AppError && error.status === 409) return undefined;
    throw error;
  }
};

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

/** Makes the demo accounts and their streams; what exists already stays as it is. */
export const seedDemo = async (deps: Deps, onStep: (line: string) => void): Promise<void> => {
  const made = await Promise.all(
    demoAccounts.map(async (account) => {
      const signedIn = await register(deps, account.username);
      if (!signedIn) return false;
      const change = {
        username: account.username,
        role: account.role,
        isVerified: account.role !== 'viewer',
      };
      await setRole(deps.database, change);
      await createStreams(deps, signedIn, account.streams ?? []);
      return true;
    }),
  );
  if (made.includes(true)) onStep('Added demo accounts and streams');
};
