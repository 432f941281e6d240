import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from './startup-error.js';

type Secrets = { access: string; refresh: string };

const make = () => randomBytes(48).toString('base64url');

const isSecrets = (value: unknown): value is Secrets =>
  typeof value === 'object' &&
  value !== null &&
  'access' in value &&
  'refresh' in value &&
  typeof value.access === 'string' &&
  typeof value.refresh === 'string';

const read = (file: string): Secrets | undefined => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isSecrets(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/**
 * The token secrets of a developer's machine: made once, kept in `secrets.json` of `directory` with mode 600, so that
 * a restart logs nobody out. Throws StartupError (73) when the directory cannot be written.
 */
export const developmentSecrets = (directory: string): Secrets => {
  const file = join(directory, 'secrets.json');
  const kept = read(file);
  if (kept) return kept;
  const secrets = { access: make(), refresh: make() };
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, `${JSON.stringify(secrets)}\n`, { mode: 0o600 });
    // The mode above holds only for a file that did not exist.
    chmodSync(file, 0o600);
  } catch (cause) {
    throw new StartupError(
      `The folder ${directory} cannot be written; set DATA_DIRECTORY to one that can.`,
      73,
      { cause },
    );
  }
  return secrets;
};
