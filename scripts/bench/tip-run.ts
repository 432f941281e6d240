/** What the process of the bare statements is told: every payer tips the next as soon as the last tip is stored. */
export type TipRun = {
  statement: 'function' | 'textbook';
  /** Whom each payer tips, in a live stream or, without one, outside any. */
  tips: { payerId: string; payeeId: string; streamId: string | null }[];
  amount: number;
  feeBasisPoints: number;
  seconds: number;
};
