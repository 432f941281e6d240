import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../platform/clock.js';

const LIFETIME_MS = 5 * 60_000;
const TIME_BYTES = 6;
const RANDOM_BYTES = 16;
const HEAD_BYTES = TIME_BYTES + RANDOM_BYTES;
const BYTES = HEAD_BYTES + 32;

/**
 * Challenges that need no storage: the time, 128 random bits, and an HMAC over both and what they are for. Good for five
 * minutes; that one is answered once is up to whoever stores the time of the last one.
 */
export const createChallenges = ({ secret, clock }: { secret: string; clock: Clock }) => {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'passkey challenges', 32));
  const sign = (head: Buffer, purpose: string) =>
    createHmac('sha256', key).update(head).update(purpose).digest();

  return {
    /** Bytes, which go to the client in base64url. */
    make: (purpose: string): Uint8Array<ArrayBuffer> => {
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUIntBE(clock.now().getTime(), 0, TIME_BYTES);
      randomBytes(RANDOM_BYTES).copy(head, TIME_BYTES);
      return new Uint8Array(Buffer.concat([head, sign(head, purpose)]));
    },

    /** When this challenge was made, as ISO 8601; null for one that is not ours, for something else, or too old. */
    timeOf: (challenge: string, purpose: string): string | null => {
      const bytes = Buffer.from(challenge, 'base64url');
      if (bytes.length !== BYTES) return null;
      const head = bytes.subarray(0, HEAD_BYTES);
      if (!timingSafeEqual(bytes.subarray(HEAD_BYTES), sign(head, purpose))) return null;
      const madeAt = head.readUIntBE(0, TIME_BYTES);
      return clock.now().getTime() - madeAt < LIFETIME_MS ? new Date(madeAt).toISOString() : null;
    },
  };
};
