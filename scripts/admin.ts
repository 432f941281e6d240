import { randomBytes } from 'node:crypto';
import { Email, SuspendUserInput, Username } from '@versbottomlex/shared';
import { findUserId, renewEpochs, setRole } from '../server/src/administration/administration.queries.js';
import { AppError } from '../server/src/platform/app-error.js';
import { StartupError } from '../server/src/platform/startup-error.js';
import { run, say } from './run.js';
import { type ServerParts, withServerParts } from './with-server-parts.js';

const usage = () =>
  new StartupError(
    [
      'npm run admin -- create <username> <email>   makes an account with a new password, and an admin of it',
      'npm run admin -- promote <username>          makes an admin of an account',
      'npm run admin -- demote <username>           makes a viewer of an account',
      'npm run admin -- verify <username>           makes a verified performer of an account',
      'npm run admin -- suspend <username> [reason] ends all that the account has open, and keeps it out',
      'npm run admin -- lift <username>             lets a suspended account in again',
      'npm run admin -- clear-2fa <username>        removes a second factor that its owner has lost',
      'npm run admin -- renew-feeds                 after restoring a backup: live clients start anew',
    ].join('\n'),
    64,
  );

const changeRole = async ({ database }: ServerParts, username: string, role: 'admin' | 'performer') => {
  const user = await setRole(database, { username, role, isVerified: true });
  if (!user) throw new StartupError(`There is no user ${username}.`, 65);
  say(
    `${user.username} is ${user.role === 'performer' ? 'a verified performer' : `${user.role}`} now (${user.id}).`,
  );
};

const create = async (parts: ServerParts, username: string, email: string) => {
  const password = randomBytes(15).toString('base64url');
  await parts.services.auth.register(
    { username, email, password },
    { address: '', userAgent: 'npm run admin' },
    { isByOperator: true },
  );
  await changeRole(parts, username, 'admin');
  say(`Its password is ${password}; change it after the first login.`);
};

const requireUserId = async ({ database }: ServerParts, username: string): Promise<string> => {
  const id = await findUserId(database, username);
  if (id === undefined) throw new StartupError(`There is no user ${username}.`, 65);
  return id;
};

const demote = async (parts: ServerParts, username: string) => {
  const id = await requireUserId(parts, username);
  const user = await parts.services.administration.setRole(null, { id, role: 'viewer' });
  say(`${user.username} is ${user.role} now (${id}).`);
};

const suspend = async (parts: ServerParts, username: string, reason: string | undefined) => {
  const id = await requireUserId(parts, username);
  const user = await parts.services.administration.suspend(null, { id, reason });
  say(`${user.username} is suspended since ${user.suspendedAt} (${id}).`);
};

const lift = async (parts: ServerParts, username: string) => {
  const id = await requireUserId(parts, username);
  const user = await parts.services.administration.liftSuspension(null, id);
  say(`${user.username} may sign in again (${id}).`);
};

const clearSecondFactor = async (parts: ServerParts, username: string) => {
  const id = await requireUserId(parts, username);
  await parts.services.administration.clearSecondFactor(id);
  say(`${username} signs in without a code now, and is logged out everywhere (${id}).`);
};

const validated = <T>(
  schema: { safeParse(value: unknown): { success: boolean; data?: T } },
  value: string,
): T => {
  const result = schema.safeParse(value);
  if (!result.success || result.data === undefined) throw usage();
  return result.data;
};

const reasonOf = (text: string) => (text === '' ? undefined : validated(SuspendUserInput.shape.reason, text));

run(() =>
  withServerParts(async (parts) => {
    const [command, name = '', second = '', ...rest] = process.argv.slice(2);
    if (rest.length > 0) throw usage();
    if (command === 'renew-feeds' && name === '') {
      say(`${await renewEpochs(parts.database)} feeds start anew at their clients.`);
      return;
    }
    const username = validated(Username, name);
    try {
      if (command === 'create') await create(parts, username, validated(Email, second));
      else if (command === 'promote') await changeRole(parts, username, 'admin');
      else if (command === 'demote') await demote(parts, username);
      else if (command === 'verify') await changeRole(parts, username, 'performer');
      else if (command === 'suspend') await suspend(parts, username, reasonOf(second));
      else if (command === 'lift') await lift(parts, username);
      else if (command === 'clear-2fa') await clearSecondFactor(parts, username);
      else throw usage();
    } catch (error) {
      throw error instanceof AppError ? new StartupError(error.message.replace(/\.?$/, '.'), 65) : error;
    }
  }),
);
