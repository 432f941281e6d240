import type { AnyTRPCRouter } from '@trpc/server';
import type { ProcedureMeta } from './trpc/init.js';

/** The schemas that `shared` exports, by name. */
type NamedSchemas = Record<string, unknown>;
type Procedure = { type: string; inputs: unknown[]; output: unknown; events: unknown };

const procedureTypes: Record<string, string> = {
  query: 'TRPCQueryProcedure',
  mutation: 'TRPCMutationProcedure',
  subscription: 'TRPCSubscriptionProcedure',
};

const nameOf = (schemas: NamedSchemas, schema: unknown, of: string): string => {
  const found = Object.entries(schemas).find(([, candidate]) => candidate === schema);
  if (!found)
    throw new Error(`${of} must be a schema that shared exports, so that clients can name its type`);
  return found[0];
};

const readProcedure = (procedure: unknown): Procedure => {
  const { _def } = procedure as { _def: Omit<Procedure, 'events'> & { meta?: ProcedureMeta } };
  const { type, inputs, output, meta } = _def;
  return { type, inputs, output, events: meta?.events };
};

/**
 * The router's type without the server's: a TypeScript module that names each procedure's input and output by the
 * schemas of `shared`, so that a client's type check needs none of our dependencies. Throws for a procedure whose
 * schemas `shared` does not export.
 */
export const describeRouter = (router: AnyTRPCRouter, schemas: NamedSchemas): string => {
  const used = new Set<string>();
  const name = (schema: unknown, of: string) => {
    const found = nameOf(schemas, schema, of);
    used.add(found);
    return found;
  };
  const features = new Map<string, string[]>();
  for (const [path, value] of Object.entries(router._def.procedures)) {
    const [feature = '', procedureName] = path.split('.');
    const { type, inputs, output, events } = readProcedure(value);
    const input = inputs.length === 0 ? 'void' : `z.input<typeof ${name(inputs[0], `the input of ${path}`)}>`;
    const result =
      type === 'subscription'
        ? `AsyncIterable<{ id: string; data: z.output<typeof ${name(events, `the events of ${path}`)}> }, void>`
        : `z.output<typeof ${name(output, `the output of ${path}`)}>`;
    const line = `      ${procedureName}: ${procedureTypes[type]}<{ input: ${input}; output: ${result}; meta: object }>;`;
    features.set(feature, [...(features.get(feature) ?? []), line]);
  }
  return [
    '// Generated from the server’s router by `npm run openapi`.',
    "import type { TRPCBuiltRouter, TRPCMutationProcedure, TRPCQueryProcedure, TRPCSubscriptionProcedure } from '@trpc/server';",
    "import type { z } from 'zod';",
    "import type { ErrorShape } from './errors.js';",
    `import type { ${[...used].sort().join(', ')} } from './index.js';`,
    '',
    'type Root = { ctx: object; meta: object; errorShape: ErrorShape; transformer: false };',
    '',
    '/** Every procedure of the API, with its input and output. */',
    'export type AppRouter = TRPCBuiltRouter<',
    '  Root,',
    '  {',
    ...[...features].flatMap(([feature, lines]) => [`    ${feature}: {`, ...lines, '    };']),
    '  }',
    '>;',
    '',
  ].join('\n');
};
