import { createHmac, timingSafeEqual } from 'node:crypto';

const digestOf = (body: Buffer, seconds: string, secret: string): Buffer =>
  createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();

/** The header that Stripe would send with `body`: `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>">`. */
export const signWebhook = (body: Buffer, secret: string, now: Date): string => {
  const seconds = String(Math.floor(now.getTime() / 1000));
  return `t=${seconds},v1=${digestOf(body, seconds, secret).toString('hex')}`;
};

/** Whether `header` signs exactly these bytes, not longer ago than `toleranceSeconds`. */
export const isSignedWebhook = (
  { body, header }: { body: Buffer; header: unknown },
  secret: string,
  now: Date,
  toleranceSeconds: number,
): boolean => {
  const [, seconds = '', given = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(String(header)) ?? [];
  if (seconds === '' || !timingSafeEqual(Buffer.from(given, 'hex'), digestOf(body, seconds, secret)))
    return false;
  return Math.floor(now.getTime() / 1000) - Number(seconds) <= toleranceSeconds;
};
