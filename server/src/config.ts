import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { limitVariables, type RateLimits, rateLimitsOf } from './config-limits.js';
import { type MailConfig, mailConfigOf, mailVariables } from './config-mail.js';
import { type PaymentsConfig, paymentsConfigOf, paymentVariables } from './config-payments.js';
import { refuse } from './config-refusal.js';
import {
  type MadeSecrets,
  neededSecrets,
  type Secrets,
  secretsOf,
  secretVariables,
} from './config-secrets.js';
import { type StorageConfig, storageConfigOf, storageVariables } from './config-storage.js';
import {
  databaseUrl,
  flag,
  host,
  hosts,
  origins,
  publicUrl,
  secret,
  trustProxy,
  whole,
} from './config-values.js';

/** The project's root, the same from `src` and from `dist`. */
export const projectDirectory = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Every variable that the server reads; `.env.example` explains each. */
export const Environment = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  HOST: host.default('127.0.0.1'),
  PORT: whole(0, 65_535).default(3000),
  PUBLIC_URL: publicUrl.optional(),
  ALLOWED_HOSTS: hosts.default([]),
  WEB_ORIGINS: origins.default([]),
  TRUST_PROXY: trustProxy.default(false),
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_MIGRATION_URL: databaseUrl.optional(),
  DATABASE_POOL_MAX: whole(1, 200).default(10),
  DATABASE_PREPARE: flag.default(true),
  DATABASE_MIGRATE_ON_START: flag.default(true),
  DATA_DIRECTORY: z.string().default('.data'),
  ...secretVariables,
  ...mailVariables,
  PERFORMER_APPROVAL: z.enum(['auto', 'admin']).optional(),
  MINIMUM_AGE: whole(0, 120).default(0),
  ...paymentVariables,
  ...storageVariables,
  ...limitVariables,
  SOCKETS_MAX: whole(1, 1_000_000).default(20_000),
  METRICS_TOKEN: secret.optional(),
  LOG_LEVEL: z
    .string()
    .toUpperCase()
    .pipe(z.enum(['ERROR', 'WARN', 'INFO', 'DEBUG']))
    .default('INFO'),
});

type Parsed = z.infer<typeof Environment>;

const parse = (env: Record<string, string | undefined>): Parsed => {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = Environment.safeParse(given);
  if (result.success) return result.data;
  // Zod's own messages may quote what was given, so that only ours and the list of choices are passed on.
  return refuse(
    result.error.issues.map((issue) => {
      const choices =
        issue.code === 'invalid_value' ? `must be one of ${issue.values.join(', ')}` : issue.message;
      return `${issue.path.join('.')} ${choices}`;
    }),
  );
};

const refuseUnsafeProduction = (env: Parsed) => {
  const needed = ['DATABASE_URL', 'PUBLIC_URL', ...neededSecrets] as const;
  const missing = needed.filter((name) => env[name] === undefined);
  if (missing.length > 0) refuse(missing.map((name) => `${name} must be set in production`));
};

/** The embedded database has one role, which owns everything. */
const refuseLoneMigrationUrl = (env: Parsed) => {
  if (env.DATABASE_MIGRATION_URL !== undefined && env.DATABASE_URL === undefined) {
    refuse(['DATABASE_URL must be set with DATABASE_MIGRATION_URL']);
  }
};

/** Everything that can be set, parsed once and frozen. */
export type Config = Readonly<{
  mode: 'development' | 'test' | 'production';
  host: string;
  port: number;
  publicUrl: string;
  allowedHosts: string[];
  webOrigins: string[];
  trustProxy: false | number | string[];
  database: Readonly<{
    url: string | undefined;
    /** Of the role that migrates, where that is another one. */
    migrationUrl: string | undefined;
    poolMax: number;
    prepare: boolean;
    migrateOnStart: boolean;
  }>;
  dataDirectory: string;
  secrets: Secrets;
  mail: MailConfig;
  performerApproval: 'auto' | 'admin';
  /** In years, of whoever registers; 0 for any. */
  minimumAge: number;
  payments: PaymentsConfig;
  storage: StorageConfig;
  rateLimits: RateLimits;
  /** What counts limits for all nodes together; undefined where each counts for itself. */
  redisUrl: string | undefined;
  /** How many sockets this process takes. */
  socketsMax: number;
  /** Opens `/metrics` to other machines. */
  metricsToken: string | undefined;
  logLevel: 'ERROR' | 'WARN' | 'INFO' | 'DEBUG';
}>;

/**
 * Parses the environment. Throws StartupError with exit code 78 and one line that names each wrong variable, never a
 * value. Outside production, secrets that are not given come from `developmentSecrets(dataDirectory)`.
 */
export const loadConfig = (
  environment: Record<string, string | undefined>,
  developmentSecrets: (directory: string) => MadeSecrets,
): Config => {
  const env = parse(environment);
  if (env.NODE_ENV === 'production') refuseUnsafeProduction(env);
  refuseLoneMigrationUrl(env);
  const dataDirectory = resolve(projectDirectory, env.DATA_DIRECTORY);
  const publicUrl = (env.PUBLIC_URL ?? `http://localhost:${env.PORT}`).replace(/\/+$/, '');
  return Object.freeze({
    mode: env.NODE_ENV,
    host: env.HOST,
    port: env.PORT,
    publicUrl,
    allowedHosts: env.ALLOWED_HOSTS.map((host) => host.toLowerCase()),
    webOrigins: env.WEB_ORIGINS,
    trustProxy: env.TRUST_PROXY,
    database: Object.freeze({
      url: env.DATABASE_URL,
      migrationUrl: env.DATABASE_MIGRATION_URL,
      poolMax: env.DATABASE_POOL_MAX,
      prepare: env.DATABASE_PREPARE,
      migrateOnStart: env.DATABASE_MIGRATE_ON_START,
    }),
    dataDirectory,
    secrets: secretsOf(env, () => developmentSecrets(dataDirectory)),
    mail: mailConfigOf(env, { publicUrl, dataDirectory }),
    performerApproval: env.PERFORMER_APPROVAL ?? (env.NODE_ENV === 'production' ? 'admin' : 'auto'),
    minimumAge: env.MINIMUM_AGE,
    payments: paymentsConfigOf(env),
    storage: storageConfigOf(env, { projectDirectory, dataDirectory }),
    rateLimits: rateLimitsOf(env),
    redisUrl: env.REDIS_URL,
    socketsMax: env.SOCKETS_MAX,
    metricsToken: env.METRICS_TOKEN,
    logLevel: env.LOG_LEVEL,
  });
};

const readIfExists = (file: string): string => {
  try {
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  } catch {
    return refuse([`${file} cannot be read`]);
  }
};

/**
 * The process's environment, completed by `.env` in the project's root, over which it takes precedence. Throws
 * StartupError (78) when the file cannot be read.
 */
export const readEnvironment = (): Record<string, string | undefined> => {
  return { ...parseEnv(readIfExists(resolve(projectDirectory, '.env'))), ...process.env };
};
