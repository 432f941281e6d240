import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from './startup-error.js';

const make = () => randomBytes(48).toString('base64url');

const KINDS = ['access', 'refresh', 'csrf', 'encryption'] as const;
type Secrets = Record<(typeof KINDS)[number], string>;

/** Those that the file holds; none of a file that is missing or broken. */
const read = (file: string): Partial<Secrets> => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const entries = Object.entries(value ?? {});
    return Object.fromEntries(entries.filter(([, secret]) => typeof secret === 'string'));
  } catch {
    return {};
  }
};

/**
 * The secrets of a developer's machine: made once, kept in `secrets.json` of `directory` with mode 600, so that
 * a restart logs nobody out. Throws StartupError (73) when the directory cannot be written.
 */
export const developmentSecrets = (directory: string): Secrets => {
  const file = join(directory, 'secrets.json');
  const kept = read(file);
  if (KINDS.every((kind) => kept[kind] !== undefined)) return kept as Secrets;
  const secrets = Object.fromEntries(KINDS.map((kind) => [kind, kept[kind] ?? make()])) as Secrets;
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
