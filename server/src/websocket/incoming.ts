import { z } from 'zod';
import { AppError } from '../platform/app-error.js';
import { CALLS_A_FRAME_MAX } from './limits.js';

const Id = z.union([z.int(), z.string().min(1).max(64)]);
const jsonrpc = z.literal('2.0').optional();

const Call = z.object({
  id: Id,
  jsonrpc,
  method: z.enum(['query', 'mutation', 'subscription']),
  params: z.object({
    path: z.string().min(1).max(100),
    input: z.unknown().optional(),
    lastEventId: z.string().max(64).optional(),
  }),
});
const Stop = z.object({ id: Id, jsonrpc, method: z.literal('subscription.stop') });

/** What a client of tRPC asks for over a WebSocket. */
const Message = z.union([Call, Stop]);
export type Message = z.infer<typeof Message>;

/** A part of a frame: a message, or what is wrong with it, under its id where it has one. */
export type Incoming = { message: Message } | { id: number | string | null; error: AppError };

const malformed = (detail: string) => new AppError('MALFORMED_REQUEST', { detail });

const Named = z.object({ id: Id });

const read = (item: unknown): Incoming => {
  const parsed = Message.safeParse(item);
  if (parsed.success) return { message: parsed.data };
  const named = Named.safeParse(item);
  return {
    id: named.success ? named.data.id : null,
    error: malformed('The message is none of query, mutation, subscription and subscription.stop.'),
  };
};

const refuse = (item: unknown): Incoming => {
  const { id } = Named.safeParse(item).data ?? { id: null };
  return {
    id,
    error: new AppError('RATE_LIMITED', { detail: `A frame holds at most ${CALLS_A_FRAME_MAX} calls.` }),
  };
};

/** Reads a text frame: one message, or several in an array, each judged by itself. Never throws. */
export const readFrame = (text: string): Incoming[] => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [{ id: null, error: malformed('The frame is not valid JSON.') }];
  }
  if (!Array.isArray(value)) return [read(value)];
  return value.map((item, index) => (index < CALLS_A_FRAME_MAX ? read(item) : refuse(item)));
};
