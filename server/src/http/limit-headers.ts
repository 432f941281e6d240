import type { FastifyReply } from 'fastify';

/**
 * Says how much of a limit is left, in the RateLimit headers of the IETF draft, unless the answer tells of a tighter one
 * already.
 */
export const showLimit = (
  reply: FastifyReply,
  { used, max, resetsInMs }: { used: number; max: number; resetsInMs: number },
): void => {
  const remaining = Math.max(0, max - used);
  const shown = reply.getHeader('ratelimit-remaining');
  if (shown !== undefined && Number(shown) <= remaining) return;
  reply
    .header('ratelimit-limit', max)
    .header('ratelimit-remaining', remaining)
    .header('ratelimit-reset', Math.ceil(resetsInMs / 1000));
};
