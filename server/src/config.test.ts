import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Environment, loadConfig, projectDirectory } from './config.js';
import { neededSecrets } from './config-secrets.js';
import { StartupError } from './platform/startup-error.js';

const STRONG = 'kP3vXq8Zr1LmWc7TyB5nUe0HsGdJfA2o';
const ALSO_STRONG = 'Zt6RwQ1yNbV4mXe9KcL0sPjH8gUfDa3i';
const OF_CSRF = 'm2Wq8Zt5Rk1LxVc7Py4BnUe0HsGdJf3A';
const OF_STORE = 'Qa9Zx3Sw7Ed1Cr5Fv8Tg2Bh6Yn0Uj4Mi';

const developmentSecrets = () => ({
  access: STRONG,
  refresh: ALSO_STRONG,
  csrf: OF_CSRF,
  encryption: OF_STORE,
});

const secrets = {
  access: { current: STRONG, previous: undefined },
  refresh: { current: ALSO_STRONG, previous: undefined },
  csrf: OF_CSRF,
  encryption: { current: OF_STORE, previous: undefined },
};
const load = (environment: Record<string, string | undefined>) => loadConfig(environment, developmentSecrets);

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://app:hunter2@db.internal:5432/app',
  PUBLIC_URL: 'https://api.example.com',
  JWT_ACCESS_SECRET: STRONG,
  JWT_REFRESH_SECRET: ALSO_STRONG,
  CSRF_SECRET: OF_CSRF,
  ENCRYPTION_SECRET: OF_STORE,
};

/** Values that must be refused in any mode. */
const badValues: [name: keyof typeof Environment.shape, value: string][] = [
  ['NODE_ENV', 'staging'],
  ['NODE_ENV', 'Production'],
  ['HOST', 'http://0.0.0.0'],
  ['HOST', 'localhost:3000'],
  ['PORT', 'three-thousand'],
  ['PORT', '65536'],
  ['PORT', '-3000'],
  ['PORT', '3000.5'],
  ['PORT', '0x0bb8'],
  ['PUBLIC_URL', 'api.example.com'],
  ['PUBLIC_URL', 'javascript:alert(1)'],
  ['PUBLIC_URL', 'https://admin:hunter2@api.example.com'],
  ['ALLOWED_HOSTS', 'api.example.com:443'],
  ['ALLOWED_HOSTS', '*.example.com'],
  ['WEB_ORIGINS', 'https://www.example.com, *'],
  ['WEB_ORIGINS', 'https://*.example.com'],
  ['WEB_ORIGINS', 'https://www.example.com/'],
  ['WEB_ORIGINS', 'https://www.example.com,null'],
  ['TRUST_PROXY', 'true'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['TRUST_PROXY', '0.0.0.0/0'],
  ['TRUST_PROXY', 'loopback'],
  ['DATABASE_URL', 'mysql://app:hunter2@db.internal/app'],
  ['DATABASE_URL', 'db.internal:5432'],
  ['DATABASE_URL', 'postgres://app:100%sure@db.internal/app'],
  ['DATABASE_MIGRATION_URL', 'mysql://owner:hunter2@db.internal/app'],
  ['METRICS_TOKEN', 'hunter2'],
  ['DATABASE_POOL_MAX', '201'],
  ['DATABASE_POOL_MAX', 'many'],
  ['DATABASE_PREPARE', 'yes'],
  ['DATABASE_MIGRATE_ON_START', '1'],
  ['JWT_ACCESS_SECRET', 'hunter2-hunter2'],
  ['JWT_ACCESS_SECRET', 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEF'],
  ['JWT_ACCESS_SECRET', '0123456789012345678901234567890123456789'],
  ['JWT_REFRESH_SECRET', 'correct-horse-battery-staple-secret-1234'],
  ['JWT_REFRESH_SECRET', 'change-me-before-you-go-live-9876543210'],
  ['SMTP_URL', 'mail.internal:587'],
  ['SMTP_URL', 'https://mail:hunter2@mail.internal'],
  ['SMTP_URL', 'smtp://'],
  ['SMTP_URL', 'smtp://mail:100%sure@mail.internal'],
  ['MAIL_FROM', 'nobody'],
  ['MAIL_FROM', 'hunter2@example.com, second@example.com'],
  ['MAIL_FROM', 'Site\r\nBcc: hunter2@example.com <site@example.com>'],
  ['WEB_URL', 'javascript:alert(1)'],
  ['WEB_URL', 'https://www.example.com/#page'],
  ['PERFORMER_APPROVAL', 'nobody'],
  ['MINIMUM_AGE', '17.5'],
  ['MINIMUM_AGE', '121'],
  ['STORAGE', 'ftp'],
  ['S3_ENDPOINT', 's3.example.com'],
  ['S3_ENDPOINT', 'https://key:hunter2@s3.example.com'],
  ['S3_BUCKET', 'Pictures/hunter2'],
  ['S3_REGION', 'eu central'],
  ['S3_SECRET_ACCESS_KEY', 'hunter2 hunter2'],
  ['S3_PUBLIC_URL', '//cdn.example.com'],
  ['RATE_LIMIT_GLOBAL_PER_MINUTE', '1e9'],
  ['RATE_LIMIT_LOGINS_PER_MINUTE', '-7'],
  ['REDIS_URL', 'http://redis:hunter2@cache.internal'],
  ['REDIS_URL', 'redis://'],
  ['LOG_LEVEL', 'verbose'],
];

const refusalOf = (environment: Record<string, string | undefined>): StartupError => {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof StartupError) return error;
    throw error;
  }
  throw new Error('was accepted');
};

describe('a wrong value', () => {
  test.each(badValues)('%s=%s is refused with 78, by name and without the value', (name, value) => {
    const refusal = refusalOf({ [name]: value });
    expect(refusal.exitCode).toBe(78);
    expect(refusal.message).toMatch(new RegExp(`^Configuration: ${name} must [^\\n]+\\.$`));
    expect(refusal.message).not.toContain(value);
    expect(refusal.message).not.toContain('hunter2');
  });

  test('is told together with all others, in one line', () => {
    const { message } = refusalOf({ PORT: 'x', LOG_LEVEL: 'y', WEB_ORIGINS: '*' });
    expect(message).toBe(
      'Configuration: PORT must be a whole number; ' +
        'WEB_ORIGINS must be exact origins such as https://example.com, separated by commas; * is not one; ' +
        'LOG_LEVEL must be one of ERROR, WARN, INFO, DEBUG.',
    );
  });

  test('is also one secret given for both kinds of token', () => {
    const refusal = refusalOf({ JWT_ACCESS_SECRET: STRONG, JWT_REFRESH_SECRET: STRONG });
    expect(refusal.exitCode).toBe(78);
    expect(refusal.message).toBe('Configuration: JWT_REFRESH_SECRET must differ from every other secret.');
  });
});

describe('production', () => {
  test('starts with what it needs', () => {
    expect(load(production)).toMatchObject({
      mode: 'production',
      performerApproval: 'admin',
      webOrigins: [],
    });
  });

  test.each(['DATABASE_URL', 'PUBLIC_URL', ...neededSecrets] as const)(
    'refuses to start without %s',
    (name) => {
      for (const missing of [undefined, '']) {
        const refusal = refusalOf({ ...production, [name]: missing });
        expect(refusal.exitCode).toBe(78);
        expect(refusal.message).toBe(`Configuration: ${name} must be set in production.`);
      }
    },
  );

  test('never makes secrets of its own', () => {
    const make = () => {
      throw new Error('were made');
    };
    expect(loadConfig(production, make).secrets).toEqual(secrets);
  });
});

describe('what is left out', () => {
  test('has defaults that suit a developer', () => {
    expect(load({})).toEqual({
      mode: 'development',
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'http://localhost:3000',
      allowedHosts: [],
      webOrigins: [],
      trustProxy: false,
      database: { url: undefined, migrationUrl: undefined, poolMax: 10, prepare: true, migrateOnStart: true },
      dataDirectory: join(projectDirectory, '.data'),
      secrets,
      mail: {
        smtpUrl: undefined,
        file: join(projectDirectory, '.data', 'mails.txt'),
        from: 'VersBottomLex.me <no-reply@localhost>',
        webUrl: 'http://localhost:3000',
        requiresTls: false,
      },
      performerApproval: 'auto',
      minimumAge: 0,
      payments: {
        currency: 'USD',
        provider: 'sandbox',
        stripe: undefined,
        tipFeeBasisPoints: 2000,
        ticketFeeBasisPoints: 2000,
        showGraceMinutes: 60,
        payoutMinimum: 5000,
        payoutHoldDays: 7,
        auditIntervalMinutes: 60,
      },
      storage: { kind: 'local', directory: join(projectDirectory, '.data', 'media') },
      rateLimits: {
        globalPerMinute: 3000,
        anonymousPerMinute: 300,
        readsPerMinute: 600,
        writesPerMinute: 120,
        loginsPerMinute: 10,
        loginFailuresPer15Minutes: 5,
        registrationsPerHour: 30,
        refreshesPerMinute: 10,
        passwordsPerHour: 5,
        recoveriesPerHour: 10,
        payoutsPerHour: 5,
        tipsPerMinute: 30,
        handshakesPerMinute: 60,
        chatPer30Seconds: 20,
        chatModeratorPer30Seconds: 100,
      },
      redisUrl: undefined,
      socketsMax: 20_000,
      metricsToken: undefined,
      logLevel: 'INFO',
    });
  });

  test('cannot be changed later', () => {
    const config = load({});
    expect([config, config.database, config.secrets, config.rateLimits].every(Object.isFrozen)).toBe(true);
  });
});

test('refuses another role for migrations where the embedded database has but one', () => {
  expect(() => load({ DATABASE_MIGRATION_URL: 'postgres://owner@db.internal/app' })).toThrow(
    'Configuration: DATABASE_URL must be set with DATABASE_MIGRATION_URL.',
  );
});

test('keeps pictures where it is told to, and in a bucket only with all that it takes', () => {
  expect(load({ MEDIA_DIRECTORY: '/srv/media' }).storage).toEqual({ kind: 'local', directory: '/srv/media' });
  const bucket = {
    STORAGE: 's3',
    S3_ENDPOINT: 'https://s3.example.com',
    S3_REGION: 'eu-central-1',
    S3_BUCKET: 'pictures',
    S3_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    S3_SECRET_ACCESS_KEY: 'hunter2/hunter2',
    S3_PUBLIC_URL: 'https://media.example.com',
  };
  expect(load(bucket).storage).toEqual({
    kind: 's3',
    endpoint: 'https://s3.example.com',
    region: 'eu-central-1',
    bucket: 'pictures',
    accessKeyId: 'AKIAEXAMPLE',
    secretAccessKey: 'hunter2/hunter2',
    publicUrl: 'https://media.example.com',
  });
  expect(() => load({ ...bucket, S3_BUCKET: '' })).toThrow(
    'Configuration: S3_BUCKET must be set with STORAGE=s3.',
  );
});

test('mail goes to the mail server that is set; without one, to a file in development and nowhere in production', () => {
  const smtp = { SMTP_URL: 'smtps://site:p%40ss@mail.internal', WEB_URL: 'https://www.example.com/' };
  const { mail } = load({ ...production, ...smtp, MAIL_FROM: 'Site <site@example.com>' });
  expect(mail).toEqual({
    smtpUrl: smtp.SMTP_URL,
    file: undefined,
    from: 'Site <site@example.com>',
    webUrl: 'https://www.example.com',
    requiresTls: true,
  });
  expect(load(production).mail).toEqual({
    smtpUrl: undefined,
    file: undefined,
    from: 'VersBottomLex.me <no-reply@api.example.com>',
    webUrl: 'https://api.example.com',
    requiresTls: true,
  });
  expect(load(smtp).mail).toMatchObject({ smtpUrl: smtp.SMTP_URL, file: undefined, requiresTls: false });
});

test('reads lists, networks and flags', () => {
  const config = load({
    WEB_ORIGINS: 'https://www.example.com, http://localhost:5173,',
    ALLOWED_HOSTS: 'API.example.com',
    TRUST_PROXY: '10.0.0.0/8, fd00::/8, 192.0.2.1',
    DATABASE_PREPARE: 'false',
    LOG_LEVEL: 'debug',
  });
  expect(config).toMatchObject({
    webOrigins: ['https://www.example.com', 'http://localhost:5173'],
    allowedHosts: ['api.example.com'],
    trustProxy: ['10.0.0.0/8', 'fd00::/8', '192.0.2.1'],
    database: { prepare: false },
    logLevel: 'DEBUG',
  });
  expect(load({ TRUST_PROXY: '2' }).trustProxy).toBe(2);
});

describe('.env.example', () => {
  const example = parseEnv(readFileSync(join(projectDirectory, '.env.example'), 'utf8'));

  test('names every variable that is read, and no other', () => {
    expect(Object.keys(example).sort()).toEqual(Object.keys(Environment.shape).sort());
  });

  test('works unchanged as .env, and sets nothing but defaults', () => {
    expect(load(example)).toEqual(load({}));
  });
});

describe('the process', () => {
  const main = ['--conditions=source', join(import.meta.dirname, 'main.ts')];
  const start = (environment: Record<string, string>, what = main) => {
    const options = ['--import', 'tsx', ...what];
    const startedAtMs = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, options, {
      env: { PATH: process.env.PATH, ...environment },
      encoding: 'utf8',
      cwd: projectDirectory,
    });
    return { status, stdout, stderr, tookMs: performance.now() - startedAtMs };
  };

  test.each([
    ['PORT', { PORT: 'three-thousand' }],
    ['TRUST_PROXY', { ...production, TRUST_PROXY: 'true' }],
    ['JWT_ACCESS_SECRET', { ...production, JWT_ACCESS_SECRET: 'hunter2-hunter2' }],
    ['DATABASE_URL', { ...production, DATABASE_URL: 'mysql://app:hunter2@db.internal/app' }],
  ])('ends with 78 and one line on standard error that names %s', (name, environment) => {
    const { status, stdout, stderr } = start(environment);
    expect(status).toBe(78);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`^Configuration: ${name} must [^\\n]+\\.\\n$`));
    expect(stderr).not.toContain('hunter2');
  });

  test('says so within two seconds, or ten times what an empty program takes on a busy machine', () => {
    const emptyMs = start({}, ['--eval', '']).tookMs;
    const { status, tookMs } = start({ NODE_ENV: 'staging' });
    expect(status).toBe(78);
    expect(tookMs).toBeLessThan(Math.max(2000, 10 * emptyMs));
  });
});
