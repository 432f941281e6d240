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

/** Splits a text frame into its messages: one, or several in an array. Throws MALFORMED_REQUEST. */
export const splitFrame = (text: string): unknown[] => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('The frame is not valid JSON.');
  }
  return Array.isArray(value) ? value : [value];
};

/** Reads the message that stands at `index` of its frame, each judged by itself. Never throws. */
export const readMessage = (item: unknown, index: number): Incoming => {
  const parsed = Message.safeParse(item);
  if (parsed.success && index < CALLS_A_FRAME_MAX) return { message: parsed.data };
  const id = Named.safeParse(item).data?.id ?? null;
  const error = parsed.success
    ? new AppError('RATE_LIMITED', { detail: `A frame holds at most ${CALLS_A_FRAME_MAX} calls.` })
    : malformed('The message is none of query, mutation, subscription and subscription.stop.');
  return { id, error };
};
