import type { Identity } from '../auth/identity.js';
import type { Follower } from '../live/live.service.js';
import type { Context } from './context.js';

/** Who asks for a feed. A socket's id tells one guest from another. */
export const followerOf = (
  ctx: Context & { identity: Identity | null },
  signal: AbortSignal = new AbortController().signal,
): Follower => ({ identity: ctx.identity, socketId: ctx.socket?.id ?? ctx.requestId, signal });
