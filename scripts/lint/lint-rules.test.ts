import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** One file of each layer: lines that the layer may have, and lines that it may not, each with the reason given. */
type Layer = { file: string; allows: string[]; refuses: [line: string, reason: string][] };

const DOMAIN_FREE = 'platform/ is domain-free';
const NO_TRANSPORT = 'platform/ knows no transport';
const ONLY_TYPES = 'A feature is handed another feature';
const TRANSPORT_OF_SERVICE = 'Services know no transport';
const SQL_IN_QUERIES = 'SQL stays in *.queries.ts';
const TABLE_OF_CONTENTS = 'A router is a table of contents';
const NO_TRANSACTIONS = 'Interactive transactions are unsafe';
const ONE_READER = 'Only server/src/config.ts reads the environment';

const layers: Layer[] = [
  {
    file: 'shared/src/tips.ts',
    allows: ["import { z } from 'zod';", "import { Id } from './ids.js';"],
    refuses: [
      ["import { readFileSync } from 'node:fs';", 'The wire contract runs in browsers'],
      ["import { createTRPCClient } from '@trpc/client';", 'The wire contract runs in browsers'],
      ["import type { AppRouter } from '@versbottomlex/server';", 'The wire contract runs in browsers'],
      ["export * from '../../server/src/app-router.js';", 'The wire contract runs in browsers'],
      ["const fs = await import('node:fs');", 'The wire contract runs in browsers'],
    ],
  },
  {
    file: 'shared/src/client/tips-link.ts',
    allows: [
      "import { TRPCClientError } from '@trpc/client';",
      "import type { AnyRouter } from '@trpc/server';",
      "import { observable } from '@trpc/server/observable';",
      "import { Id } from '../ids.js';",
    ],
    refuses: [
      ["import { initTRPC } from '@trpc/server';", 'it may use types'],
      ["import { type AnyRouter } from '@trpc/server';", 'it may use types'],
      ["export { initTRPC } from '@trpc/server';", 'it may use types'],
      ["import { EventEmitter } from 'node:events';", 'The client runs in browsers'],
      ["import type { AppRouter } from '../../../server/src/app-router.js';", 'The client runs in browsers'],
    ],
  },
  {
    file: 'drizzle/schema/tips.ts',
    allows: ["import { pgTable } from 'drizzle-orm/pg-core';", "import { users } from './users.js';"],
    refuses: [
      ["import { Id } from '@versbottomlex/shared';", 'The tables are the bottom layer'],
      [
        "import { AppError } from '../../server/src/platform/app-error.js';",
        'The tables are the bottom layer',
      ],
    ],
  },
  {
    file: 'server/src/platform/lease.ts',
    allows: ["import postgres from 'postgres';", "import { AppError } from './app-error.js';"],
    refuses: [
      ["import type { Identity } from '../auth/identity.js';", DOMAIN_FREE],
      ["import { toAppError } from '../trpc/errors.js';", DOMAIN_FREE],
      ["import type { Config } from '../config.js';", DOMAIN_FREE],
      ["import Fastify from 'fastify';", NO_TRANSPORT],
      ["import { TRPCError } from '@trpc/server';", NO_TRANSPORT],
      ['await driver.begin(async (sql) => sql`select 1`);', NO_TRANSACTIONS],
      ["await driver.begin('read only', async (sql) => sql`select 1`);", NO_TRANSACTIONS],
      ['const url = process.env.DATABASE_URL;', ONE_READER],
      ['const { env } = process;', ONE_READER],
      ["import { env } from 'node:process';", ONE_READER],
    ],
  },
  {
    file: 'server/src/platform/leases/lease.ts',
    allows: ["import { AppError } from '../app-error.js';"],
    refuses: [
      ["import type { Identity } from '../../auth/identity.js';", DOMAIN_FREE],
      ["import websocket from '@fastify/websocket';", NO_TRANSPORT],
    ],
  },
  {
    file: 'server/src/tips/tips.queries.ts',
    allows: [
      "import { payments } from '@versbottomlex/database';",
      "import { Payment } from '@versbottomlex/shared';",
      "import { sql } from 'drizzle-orm';",
      "import { z } from 'zod';",
      "import { preparedSql } from '../platform/database.js';",
      "import type { Share } from './share.js';",
    ],
    refuses: [
      ["import { findProfile } from '../users/users.queries.js';", 'Queries are SQL and nothing else'],
      ["import type { Config } from '../config.js';", 'Queries are SQL and nothing else'],
      ["import type { TipsService } from './tips.service.js';", 'Queries are below the service'],
      ["import postgres from 'postgres';", 'Queries take a Database from platform/'],
      ["import { TRPCError } from '@trpc/server';", 'Queries take a Database from platform/'],
      ['await database.client.transaction(async (tx) => tx);', NO_TRANSACTIONS],
    ],
  },
  {
    file: 'server/src/tips/tips.service.ts',
    allows: [
      "import type { SendTipInput } from '@versbottomlex/shared';",
      "import { isSelfOrAdmin } from '../auth/identity.js';",
      "import { keyReused } from '../payments/payment-refusals.js';",
      "import { AppError } from '../platform/app-error.js';",
      "import type { UsersService } from '../users/users.service.js';",
      "import * as queries from './tips.queries.js';",
    ],
    refuses: [
      ["import { createUsersService } from '../users/users.service.js';", ONLY_TYPES],
      ["import { findProfile } from '../users/users.queries.js';", 'A feature reads its own tables only'],
      ["import { messageTail } from '../live/fan-out.js';", 'Of another feature'],
      ["import { usersRouter } from '../users/users.router.js';", 'Routers call services'],
      ["import { TRPCError } from '@trpc/server';", TRANSPORT_OF_SERVICE],
      ["import type { FastifyRequest } from 'fastify';", TRANSPORT_OF_SERVICE],
      ["import type { Context } from '../trpc/context.js';", TRANSPORT_OF_SERVICE],
      ["import { sendProblem } from '../http/problem.js';", TRANSPORT_OF_SERVICE],
      ["import { sql } from 'drizzle-orm';", SQL_IN_QUERIES],
      ["import { payments } from '@versbottomlex/database';", SQL_IN_QUERIES],
      ['await deps.database.client.transaction(async (tx) => tx);', NO_TRANSACTIONS],
    ],
  },
  {
    file: 'server/src/tips/share.ts',
    allows: ["import { AppError } from '../platform/app-error.js';"],
    refuses: [
      ["import { TRPCError } from '@trpc/server';", TRANSPORT_OF_SERVICE],
      ["import postgres from 'postgres';", SQL_IN_QUERIES],
    ],
  },
  {
    file: 'server/src/tips/tips.router.ts',
    allows: [
      "import { SendTipInput } from '@versbottomlex/shared';",
      "import { router } from '../trpc/init.js';",
      "import { signedInProcedure } from '../trpc/procedures.js';",
    ],
    refuses: [
      ["import { createTipsService } from './tips.service.js';", TABLE_OF_CONTENTS],
      ["import { insertTip } from './tips.queries.js';", TABLE_OF_CONTENTS],
      ["import { AppError } from '../platform/app-error.js';", TABLE_OF_CONTENTS],
      ["import { TRPCError } from '@trpc/server';", TABLE_OF_CONTENTS],
    ],
  },
  {
    file: 'server/src/trpc/limits.ts',
    allows: [
      "import { TRPCError } from '@trpc/server';",
      "import { AppError } from '../platform/app-error.js';",
      "import type { Services } from '../services.js';",
    ],
    refuses: [
      ["import type { Identity } from '../auth/identity.js';", 'trpc/ serves every feature and knows none'],
      ["import type { FastifyRequest } from 'fastify';", 'trpc/ is between transport and services'],
    ],
  },
  {
    file: 'server/src/http/uploads.ts',
    allows: [
      "import { TRPCError } from '@trpc/server';",
      "import type { FastifyRequest } from 'fastify';",
      "import type { Context } from '../trpc/context.js';",
      "import type { Config } from '../config.js';",
      "import type { AppRouter } from '../app-router.js';",
    ],
    refuses: [
      [
        "import type { UsersService } from '../users/users.service.js';",
        'http/ carries calls and knows no feature',
      ],
      [
        "import { findProfile } from '../users/users.queries.js';",
        'http/ carries calls and knows no feature',
      ],
      ["import { sql } from 'drizzle-orm';", 'http/ carries calls: SQL belongs in queries'],
    ],
  },
  {
    file: 'server/src/jobs.ts',
    allows: [
      "import { createUsersService } from './users/users.service.js';",
      "import type { AnyRouter } from '@trpc/server';",
    ],
    refuses: [
      ["import { TRPCError } from '@trpc/server';", 'Only trpc/ and http/ know TRPCError'],
      [
        "import { findProfile } from './users/users.queries.js';",
        "Only a feature's own service calls its queries",
      ],
      ['const port = process.env.PORT;', ONE_READER],
    ],
  },
  {
    file: 'server/src/main.ts',
    allows: [
      "import { loadConfig } from './config.js';",
      "import { createLogger } from './platform/logger.js';",
    ],
    refuses: [["import { usersRouter } from './users/users.router.js';", 'main.ts is the process']],
  },
  { file: 'server/src/config.ts', allows: ['const all = process.env;'], refuses: [] },
  { file: 'server/src/tips/tips.test.ts', allows: ['await sql.begin(async (tx) => tx);'], refuses: [] },
];

type Diagnostic = { category: string; message: string; location: { path: string; start?: { line: number } } };

const biome = join(
  dirname(createRequire(import.meta.url).resolve('@biomejs/biome/package.json')),
  'bin/biome',
);

const lint = (directory: string): Promise<Diagnostic[]> =>
  new Promise((resolve, reject) => {
    const options = ['lint', '--reporter=json', '--max-diagnostics=none', '.'];
    execFile(process.execPath, [biome, ...options], { cwd: directory }, (_error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout).diagnostics);
      } catch {
        reject(new Error(stderr));
      }
    });
  });

const write = async (directory: string, file: string, text: string) => {
  await mkdir(dirname(join(directory, file)), { recursive: true });
  await writeFile(join(directory, file), text);
};

let directory: string;
let diagnostics: Diagnostic[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'versbottomlex-lint-'));
  for (const name of ['.gitignore', 'biome.jsonc']) await copyFile(join(root, name), join(directory, name));
  await mkdir(join(directory, 'scripts/lint'), { recursive: true });
  for (const name of await readdir(import.meta.dirname)) {
    if (name.endsWith('.grit'))
      await copyFile(join(import.meta.dirname, name), join(directory, 'scripts/lint', name));
  }
  for (const { file, allows, refuses } of layers) {
    await write(directory, file, [...allows, ...refuses.map(([line]) => line)].join('\n'));
  }
  diagnostics = await lint(directory);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const reasonsFor = (file: string, line: number) =>
  diagnostics
    .filter(({ category }) => category === 'plugin' || category === 'lint/style/noRestrictedImports')
    .filter(({ location }) => location.path === file && location.start?.line === line)
    .map(({ message }) => message);

describe.each(layers)('$file', ({ file, allows, refuses }) => {
  test.each(allows.map((line, index) => [line, index + 1] as const))('may have %s', (_line, at) => {
    expect(reasonsFor(file, at)).toEqual([]);
  });

  const refused = refuses.map(([line, reason], index) => [line, reason, allows.length + index + 1] as const);
  test.each(refused)('may not have %s', (_line, reason, at) => {
    expect(reasonsFor(file, at)).toContainEqual(expect.stringContaining(reason));
  });
});
