import type { AnyRouter } from '@trpc/server';
import { z } from 'zod';
import type { FuzzedProcedure } from './frames.js';
import type { Schema } from './values.js';

/** Every procedure of `router`, subscriptions too, with its input as JSON Schema. */
export const listProcedures = (router: AnyRouter): FuzzedProcedure[] =>
  Object.entries(router._def.procedures as Record<string, { _def: unknown }>).map(([path, procedure]) => {
    const { type, inputs } = procedure._def as Pick<FuzzedProcedure, 'type'> & { inputs: z.ZodType[] };
    const [input] = inputs;
    const schema = input && (z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as Schema);
    return { path, type, input: schema };
  });
