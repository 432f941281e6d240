import { randomInt, randomUUID } from 'node:crypto';
import type { SignedIn } from '@versbottomlex/shared';

/** What came of sending a tip once; undefined when the connection ended before the whole answer was there. */
type Answer = { status: number; text: string; tookMs: number } | undefined;

export type SentTip = {
  key: string;
  payer: SignedIn;
  amount: number;
  /** The body of the first 201, and what it names. */
  acknowledged?: { text: string; paymentId: string };
};

type Options = {
  /** Where the server is, once it is up. */
  url: () => Promise<string>;
  payers: SignedIn[];
  streamId: string;
};

/** Clients that tip without end, each tip under a key of its own, and remember what they heard. */
export const createTipLoad = ({ url, payers, streamId }: Options) => {
  const sent: SentTip[] = [];
  /** Answers that nobody may get: neither a tip nor "not now". */
  const unexpected: string[] = [];
  const refusalsTookMs: number[] = [];
  let acknowledgedCount = 0;
  let lastAcknowledgedAt = 0;

  const post = async ({ key, payer, amount }: SentTip): Promise<Answer> => {
    const target = await url();
    const begun = performance.now();
    try {
      const response = await fetch(`${target}/api/payments/tip`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${payer.accessToken}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify({ streamId, amount }),
      });
      const text = await response.text();
      return { status: response.status, text, tookMs: performance.now() - begun };
    } catch {
      return undefined;
    }
  };

  const note = (tip: SentTip, answer: Answer): void => {
    if (answer === undefined) return;
    if (answer.status === 503) refusalsTookMs.push(answer.tookMs);
    else if (answer.status !== 201) unexpected.push(`${answer.status} ${answer.text}`);
    else {
      const { payment } = JSON.parse(answer.text) as { payment: { id: string } };
      if (tip.acknowledged && tip.acknowledged.text !== answer.text) {
        unexpected.push(`${answer.text} instead of ${tip.acknowledged.text}`);
      }
      if (!tip.acknowledged) acknowledgedCount += 1;
      lastAcknowledgedAt = performance.now();
      tip.acknowledged ??= { text: answer.text, paymentId: payment.id };
    }
  };

  const send = async (tip: SentTip): Promise<void> => note(tip, await post(tip));

  const sendNew = async (): Promise<void> => {
    const payer = payers[randomInt(payers.length)];
    if (payer === undefined) throw new Error('nobody tips');
    const tip: SentTip = { key: randomUUID(), payer, amount: randomInt(100, 1000) };
    sent.push(tip);
    await send(tip);
  };

  return {
    sent,
    unexpected,
    refusalsTookMs,
    acknowledgedCount: () => acknowledgedCount,
    /** By `performance.now()`. */
    lastAcknowledgedAt: () => lastAcknowledgedAt,
    /** Sends from `clients` clients, each one tip after the other; returns what ends that when the last is answered. */
    start: (clients: number): (() => Promise<void>) => {
      let isOver = false;
      const work = async () => {
        while (!isOver) await sendNew();
      };
      const running = Array.from({ length: clients }, work);
      return async () => {
        isOver = true;
        await Promise.all(running);
      };
    },
    /** Sends everything again of which nobody knows what became, and some of what is known, until all is answered. */
    settle: async (): Promise<void> => {
      for (const tip of sent) {
        if (tip.acknowledged && randomInt(10) > 0) continue;
        do await send(tip);
        while (!tip.acknowledged && unexpected.length === 0);
      }
    },
  };
};

export type TipLoad = ReturnType<typeof createTipLoad>;
