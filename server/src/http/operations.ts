import type { AnyProcedure, AnyRouter } from '@trpc/server';
import { z } from 'zod';
import type { CsvTable } from '../platform/csv.js';
import type { ProcedureMeta } from '../trpc/init.js';
import { procedureRunner, type RunProcedure } from './call-procedure.js';

/** A procedure that is also a REST operation, by its `openapi` meta. */
export type Operation = {
  /** As tRPC names it: `streams.list`. */
  procedurePath: string;
  type: 'query' | 'mutation';
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api`, with parameters in braces: `/streams/{id}`. */
  path: string;
  pathParameters: readonly string[];
  meta: ProcedureMeta;
  input: z.ZodType | undefined;
  run: RunProcedure;
};

/** POST, PUT and PATCH read the body; GET and DELETE the query. */
export const takesBody = ({ method }: Pick<Operation, 'method'>): boolean =>
  method !== 'GET' && method !== 'DELETE';

/** What makes a table of the operation's output, where it has one. */
export const csvTableOf = ({ meta }: Pick<Operation, 'meta'>): ((output: unknown) => CsvTable) | undefined =>
  // Its procedure has just given the output that it takes.
  meta.csv as ((output: unknown) => CsvTable) | undefined;

/** The schema below whatever allows it to be absent or gives it a default. */
export const unwrapSchema = (schema: z.core.$ZodType): z.core.$ZodType => {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrapSchema(schema.def.innerType);
  }
  return schema instanceof z.ZodPipe ? unwrapSchema(schema.def.in) : schema;
};

/** The fields of an operation's input; undefined when it takes none. */
export const inputFieldsOf = (schema: z.ZodType | undefined): Record<string, z.core.$ZodType> | undefined => {
  const inner = schema && unwrapSchema(schema);
  return inner instanceof z.ZodObject ? inner.shape : undefined;
};

/** What a procedure is at run time; tRPC's types keep it from being seen. */
type ProcedureDefinition = {
  type: 'query' | 'mutation' | 'subscription';
  meta?: ProcedureMeta;
  inputs: z.ZodType[];
};

const proceduresOf = (router: AnyRouter): Record<string, AnyProcedure> =>
  router._def.procedures as Record<string, AnyProcedure>;

const definitionOf = (procedure: AnyProcedure): ProcedureDefinition =>
  procedure._def as unknown as ProcedureDefinition;

const findDefinition = (router: AnyRouter, path: string): ProcedureDefinition | undefined => {
  const procedures = proceduresOf(router);
  const procedure = Object.hasOwn(procedures, path) ? procedures[path] : undefined;
  return procedure && definitionOf(procedure);
};

/** Whether `path` names a subscription of `router`. */
export const isSubscription = (router: AnyRouter, path: string): boolean =>
  findDefinition(router, path)?.type === 'subscription';

/** Whether `path` names a procedure of `router` that looks at nobody's credentials. */
export const isOpen = (router: AnyRouter, path: string): boolean =>
  findDefinition(router, path)?.meta?.access === 'open';

export const pathParametersOf = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');

/** Every procedure of `router` with `openapi` meta. Throws for one that REST could not serve. */
export const listOperations = (router: AnyRouter): Operation[] =>
  Object.entries(proceduresOf(router)).flatMap(([procedurePath, procedure]) => {
    const { type, meta, inputs } = definitionOf(procedure);
    if (!meta?.openapi || meta.openapi.enabled === false) return [];
    if (type === 'subscription')
      throw new Error(`${procedurePath} is a subscription, which REST does not have`);
    if (inputs.length > 1) throw new Error(`${procedurePath} has several input schemas; give it one`);
    const { method, path } = meta.openapi;
    return [
      {
        procedurePath,
        type,
        method,
        path,
        pathParameters: pathParametersOf(path),
        meta,
        input: inputs[0],
        run: procedureRunner(procedure),
      },
    ];
  });
