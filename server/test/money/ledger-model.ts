import type { ErrorCode, PaymentStatus, PaymentType, PayoutStatus } from '@versbottomlex/shared';
import { PAYMENT_MIN, sandboxAmounts } from '@versbottomlex/shared';

export type Person = {
  id: string;
  isPerformer: boolean;
  isDeleted: boolean;
  /** What was spent today and not given back. */
  spent: number;
  /** What may be spent a day; without one, all there is. */
  limit?: number;
};

export type Show = {
  id: string;
  performer: Person;
  /** Null for a public stream. */
  price: number | null;
  status: 'scheduled' | 'live' | 'ended';
  hasBegun: boolean;
};

export type ModelPayment = {
  /** Given by the server, once it has answered. */
  id: string;
  type: PaymentType;
  status: PaymentStatus;
  payer: Person | null;
  payee: Person | null;
  show: Show | null;
  amount: number;
  fee: number;
  payout?: PayoutStatus;
  /** Whether a refund of it is under way, or was declined by the provider. */
  refund?: 'pending' | 'declined';
};

/** What is to be answered, and the payment that it makes, if any. */
export type Expected = { outcome: ErrorCode | 'ok'; payment?: ModelPayment };

type Settings = {
  tipFee: (amount: number) => number;
  ticketFee: (amount: number) => number;
  payoutMinimum: number;
};

const refused = (outcome: ErrorCode): Expected => ({ outcome });
const done: Expected = { outcome: 'ok' };

const wallet = (of: Person) => `wallet ${of.id}`;
const earnings = (of: Person) => `earnings ${of.id}`;
const tickets = (of: Show) => `tickets ${of.id}`;
const clearing = 'clearing sandbox';

/** Money as it should be, kept in a map: the same rules as the server's, with none of its locks, folds and tables. */
export const createLedgerModel = ({ tipFee, ticketFee, payoutMinimum }: Settings) => {
  const balances = new Map<string, number>();
  const shows: Show[] = [];
  const payments: ModelPayment[] = [];

  const held = (account: string): number => balances.get(account) ?? 0;
  const move = (from: string, to: string, amount: number): void => {
    balances.set(from, held(from) - amount);
    balances.set(to, held(to) + amount);
  };

  const make = (given: Omit<ModelPayment, 'id' | 'fee' | 'show'> & Partial<ModelPayment>): Expected => {
    const payment = { id: '', fee: 0, show: null, ...given };
    payments.push(payment);
    return { outcome: 'ok', payment };
  };

  const hasTicket = (person: Person, show: Show): boolean =>
    payments.some(
      ({ type, status, payer, show: of }) =>
        type === 'private_show' && status === 'completed' && payer === person && of === show,
    );

  /** Counts what is spent, unless it is more than there is or than the payer lets themself spend. */
  const spend = (payer: Person, amount: number): ErrorCode | undefined => {
    if (held(wallet(payer)) < amount) return 'INSUFFICIENT_FUNDS';
    if (payer.spent + amount > (payer.limit ?? Infinity)) return 'SPENDING_LIMIT_REACHED';
    payer.spent += amount;
    return undefined;
  };

  /** The wallet, or for whoever is gone, what is given up. */
  const creditOf = (person: Person): string => (person.isDeleted ? 'forfeited' : wallet(person));

  const giveBack = (payment: ModelPayment, payer: Person, sources: [string, number][]): void => {
    for (const [source, amount] of sources) move(source, creditOf(payer), amount);
    payment.status = 'refunded';
    payer.spent -= payment.amount;
  };

  const ticketsOf = (show: Show): ModelPayment[] =>
    payments.filter(
      ({ type, status, show: of }) => type === 'private_show' && status === 'completed' && of === show,
    );

  const end = (show: Show): void => {
    if (show.status === 'ended') return;
    show.status = 'ended';
    for (const ticket of ticketsOf(show)) {
      if (show.hasBegun) {
        move(tickets(show), earnings(show.performer), ticket.amount - ticket.fee);
        move(tickets(show), 'revenue', ticket.fee);
      } else if (ticket.payer) giveBack(ticket, ticket.payer, [[tickets(show), ticket.amount]]);
    }
  };

  const forfeit = (person: Person): void => {
    for (const account of [wallet(person), earnings(person)]) move(account, 'forfeited', held(account));
  };

  const refundTopUp = (payment: ModelPayment, owner: Person): Expected => {
    if (held(wallet(owner)) < payment.amount) return refused('FUNDS_SPENT');
    if (payment.amount === sandboxAmounts.refundDeclined) {
      payment.refund = 'declined';
      return done;
    }
    move(wallet(owner), clearing, payment.amount);
    if (payment.amount === sandboxAmounts.refundProcessed) payment.refund = 'pending';
    else payment.status = 'refunded';
    return done;
  };

  return {
    shows,
    payments,
    /** What each account holds, without those that hold nothing. */
    balances: (): Record<string, number> =>
      Object.fromEntries([...balances].filter(([, balance]) => balance !== 0)),

    topUp: (owner: Person, amount: number): Expected => {
      if (owner.isDeleted) return refused('SESSION_REVOKED');
      const isOpen = amount === sandboxAmounts.processed;
      const status = amount === sandboxAmounts.declined ? 'failed' : isOpen ? 'pending' : 'completed';
      if (status === 'completed') move(clearing, wallet(owner), amount);
      return make({ type: 'top_up', status, payer: null, payee: owner, amount });
    },

    tip: (payer: Person, to: Person | Show, amount: number): Expected => {
      const show = 'performer' in to ? to : null;
      const payee = 'performer' in to ? to.performer : to;
      if (payer.isDeleted) return refused('SESSION_REVOKED');
      if (payee === payer) return refused('SELF_PAYMENT');
      if (show === null && payee.isDeleted) return refused('NOT_FOUND');
      if (show && show.price !== null && !hasTicket(payer, show)) return refused('ACCESS_REQUIRED');
      if (show && show.status !== 'live') return refused('STREAM_NOT_LIVE');
      const refusal = spend(payer, amount);
      if (refusal) return refused(refusal);
      const fee = tipFee(amount);
      move(wallet(payer), earnings(payee), amount - fee);
      move(wallet(payer), 'revenue', fee);
      return make({ type: 'tip', status: 'completed', payer, payee, show, amount, fee });
    },

    buy: (payer: Person, show: Show): Expected => {
      if (payer.isDeleted) return refused('SESSION_REVOKED');
      if (show.performer === payer) return refused('SELF_PAYMENT');
      if (show.price === null) return refused('NO_TICKET_NEEDED');
      if (show.status === 'ended') return refused('STREAM_ENDED');
      if (hasTicket(payer, show)) return refused('ALREADY_OWNED');
      const refusal = spend(payer, show.price);
      if (refusal) return refused(refusal);
      move(wallet(payer), tickets(show), show.price);
      const fee = ticketFee(show.price);
      return make({
        type: 'private_show',
        status: 'completed',
        payer,
        payee: show.performer,
        show,
        amount: show.price,
        fee,
      });
    },

    refund: (payment: ModelPayment): Expected => {
      const { type, status, payer, payee, show, amount, fee } = payment;
      if (type === 'payout' || status === 'pending' || status === 'failed') return refused('NOT_REFUNDABLE');
      if (status === 'refunded' || payment.refund === 'pending') return refused('ALREADY_REFUNDED');
      if (payment.refund === 'declined') return refused('NOT_REFUNDABLE');
      if (type === 'top_up') return payee ? refundTopUp(payment, payee) : refused('NOT_REFUNDABLE');
      if (!payer || !payee) throw new Error('a tip or ticket without a party');
      if (show && type === 'private_show' && show.status !== 'ended') {
        giveBack(payment, payer, [[tickets(show), amount]]);
        return done;
      }
      if (held(earnings(payee)) < amount - fee) return refused('FUNDS_SPENT');
      giveBack(payment, payer, [
        [earnings(payee), amount - fee],
        ['revenue', fee],
      ]);
      return done;
    },

    requestPayout: (performer: Person, amount: number): Expected => {
      if (performer.isDeleted) return refused('SESSION_REVOKED');
      if (!performer.isPerformer) return refused('NOT_A_PERFORMER');
      if (amount < Math.max(payoutMinimum, PAYMENT_MIN)) return refused('VALIDATION_FAILED');
      if (held(earnings(performer)) < amount) return refused('EARNINGS_INSUFFICIENT');
      move(earnings(performer), 'payouts', amount);
      return make({
        type: 'payout',
        status: 'pending',
        payer: performer,
        payee: null,
        amount,
        payout: 'requested',
      });
    },

    /** Whether the step may be taken; one that was taken before answers as it did then. */
    decide: (payment: ModelPayment, step: 'approved' | 'rejected' | 'paid'): Expected => {
      const { payer, payout, amount } = payment;
      if (!payer || payout === undefined) return refused('NOT_FOUND');
      // A deletion gives another reason for the rejection.
      if (payout === step && !(step === 'rejected' && payer.isDeleted)) return done;
      const from = { approved: ['requested'], rejected: ['requested', 'approved'], paid: ['approved'] }[step];
      if (!from.includes(payout)) return refused('PAYOUT_DECIDED');
      payment.payout = step;
      if (step === 'rejected') move('payouts', earnings(payer), amount);
      if (step === 'paid') move('payouts', 'clearing bank', amount);
      if (step !== 'approved') payment.status = step === 'paid' ? 'completed' : 'failed';
      return done;
    },

    start: (show: Show): Expected => {
      if (show.status === 'ended') return refused('STREAM_ENDED');
      if (show.status === 'live') return refused('STREAM_LIVE');
      if (shows.some(({ performer, status }) => performer === show.performer && status === 'live')) {
        return refused('ALREADY_LIVE');
      }
      show.status = 'live';
      show.hasBegun = true;
      return done;
    },

    end: (show: Show): Expected => {
      end(show);
      return done;
    },

    setLimit: (person: Person, dailyAmount: number): Expected => {
      // A higher one would hold tomorrow, which does not come here.
      person.limit = Math.min(dailyAmount, person.limit ?? dailyAmount);
      return done;
    },

    deleteAccount: (person: Person, isForfeiting: boolean): Expected => {
      if (person.isDeleted) return refused('NOT_FOUND');
      const own = shows.filter(({ performer }) => performer === person);
      const asked = payments.filter(({ payer, payout }) => payer === person && payout === 'requested');
      const isApproved = payments.some(({ payer, payout }) => payer === person && payout === 'approved');
      const isOnStage = own.some((show) => show.hasBegun && held(tickets(show)) > 0);
      const holds = held(wallet(person)) > 0 || held(earnings(person)) > 0 || asked.length > 0;
      if (isApproved || isOnStage || (holds && !isForfeiting)) return refused('BALANCE_OPEN');
      for (const payment of asked) {
        payment.payout = 'rejected';
        payment.status = 'failed';
        move('payouts', earnings(person), payment.amount);
      }
      forfeit(person);
      person.isDeleted = true;
      for (const show of own) end(show);
      return done;
    },

    /** The provider's webhooks arrive, and what reaches whoever is gone is given up. */
    hearProvider: (): void => {
      for (const payment of payments) {
        const { type, status, payee, amount } = payment;
        if (payment.refund === 'pending') {
          delete payment.refund;
          payment.status = 'refunded';
        }
        if (type !== 'top_up' || status !== 'pending' || !payee) continue;
        payment.status = 'completed';
        move(clearing, wallet(payee), amount);
        if (payee.isDeleted) forfeit(payee);
      }
    },
  };
};

export type LedgerModel = ReturnType<typeof createLedgerModel>;
