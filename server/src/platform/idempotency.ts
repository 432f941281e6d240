import { createHash } from 'node:crypto';

/** Names before values, so that the order in which a client wrote the fields makes no difference. */
const sorted = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;

/** What tells one request under an idempotency key from another: SHA-256 in hex of its input, less what is undefined. */
export const requestHash = (input: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(input, sorted) ?? '')
    .digest('hex');

/** What a payment keeps of the request that asks for it. Without a key, every request is a new one. */
export const idempotencyOf = ({
  idempotencyKey,
  ...input
}: {
  idempotencyKey?: string | undefined;
}): { idempotencyKey: string; requestHash: string } | { idempotencyKey: null; requestHash: null } =>
  idempotencyKey === undefined
    ? { idempotencyKey: null, requestHash: null }
    : { idempotencyKey, requestHash: requestHash(input) };
