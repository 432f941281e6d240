import { readdirSync, readFileSync } from 'node:fs';
import type { ErrorCode } from '@versbottomlex/shared';
import { describe, expect, it } from 'vitest';
import { appRouter } from '../../src/app-router.js';
import { API_PREFIX } from '../../src/http/api-prefix.js';
import { createOpenApiDocument } from '../../src/http/openapi-document.js';
import { takesBody } from '../../src/http/operations.js';
import type { ProcedureMeta } from '../../src/trpc/init.js';
import { operations, socketPaths, type TestedOperation } from '../transports.js';

type Procedures = Record<string, { _def: { meta?: ProcedureMeta } }>;
const all = Object.entries(appRouter._def.procedures as unknown as Procedures);
const procedures = all.filter(([, { _def }]) => !_def.meta?.isSocketOnly).map(([path]) => path);
const document = createOpenApiDocument(appRouter, 'https://api.example.com');

/** `auth.changePassword` is held by `auth-change-password.contract.test.ts`. */
const fileOf = (procedure: string): string => {
  const words = procedure.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `${words.replace('.', '-')}.contract.test.ts`;
};

const responsesOf = ({ path, method }: TestedOperation) =>
  Object.entries(document.paths[`${API_PREFIX}${path}`]?.[method.toLowerCase()]?.responses ?? {}).map(
    ([status, response]) => {
      const name = '$ref' in response ? (response.$ref.split('/').at(-1) ?? '') : undefined;
      return { status: Number(status), response: name ? document.components.responses[name] : response };
    },
  );

/** The codes that the document lists for an operation. */
const documentedCodes = (operation: TestedOperation): string[] =>
  responsesOf(operation)
    .flatMap(({ response }) => [
      ...String(response && 'description' in response && response.description).matchAll(/`([A-Z_]+)`/g),
    ])
    .map(([, code]) => code ?? '');

/** The codes of which each operation has a case, in its own file or in one of those that go through all operations. */
const testedCodes = (operation: TestedOperation): ErrorCode[] => {
  const { access, errors = [], movesMoney = false } = operation.meta;
  return [
    ...errors,
    ...([
      'HOST_NOT_ALLOWED',
      'VALIDATION_FAILED',
      'RATE_LIMITED',
      'INTERNAL_ERROR',
      'DEPENDENCY_UNAVAILABLE',
    ] as const),
    ...(movesMoney ? (['PAYMENTS_HALTED'] as const) : []),
    ...(takesBody(operation)
      ? (['MALFORMED_REQUEST', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const)
      : []),
    ...(access === 'open'
      ? []
      : (['ACCESS_TOKEN_EXPIRED', 'ACCESS_TOKEN_INVALID', 'SESSION_REVOKED', 'ACCOUNT_SUSPENDED'] as const)),
    ...(access === 'signedIn' || access === 'admin' ? (['NOT_AUTHENTICATED'] as const) : []),
  ];
};

/** Documented for every operation, or all that change something; tests of the edge, of attacks and of the database show where these come from. */
const generalCodes = ['MALFORMED_REQUEST', 'OVERLOADED', 'ORIGIN_NOT_ALLOWED', 'CSRF_TOKEN_INVALID'];
/** Documented for every path with an id, though nobody but the user, who exists, gets as far as that. */
const infeasible: Record<string, string[]> = { 'users.becomePerformer': ['NOT_FOUND'] };

describe('the contract', () => {
  it.each(procedures)('of %s has a file of its own', (procedure) => {
    expect(readdirSync(import.meta.dirname)).toContain(fileOf(procedure));
    const text = readFileSync(`${import.meta.dirname}/${fileOf(procedure)}`, 'utf8');
    expect(text.replaceAll(/\s/g, '')).toContain(`contract('${procedure}',{`);
  });

  it('has every procedure on REST too, except those that need a socket', () => {
    expect(operations.map(({ procedurePath }) => procedurePath).sort()).toEqual(procedures.sort());
    const others = all.map(([path]) => path).filter((path) => !procedures.includes(path));
    expect(others.sort()).toEqual([...socketPaths].sort());
  });

  it.each(operations.map((operation) => ({ path: operation.procedurePath, operation })))(
    'has a case for every outcome that the document lists for $path, and lists every one that has a case',
    ({ path, operation }) => {
      const documented = documentedCodes(operation);
      const tested: string[] = [...testedCodes(operation), ...generalCodes, ...(infeasible[path] ?? [])];
      expect(documented.filter((code) => !tested.includes(code))).toEqual([]);
      expect(testedCodes(operation).filter((code) => !documented.includes(code))).toEqual([]);
    },
  );

  it.each(operations.map((operation) => ({ path: operation.procedurePath, operation })))(
    'documents the one status of success of $path',
    ({ operation }) => {
      const successes = responsesOf(operation).filter(({ status }) => status < 400);
      expect(successes.map(({ status }) => status)).toEqual([operation.meta.successStatus ?? 200]);
    },
  );
});
