import type { Payment, PaymentHistoryInput, PaymentPage } from '@versbottomlex/shared';
import { z } from 'zod';
import type { Identity } from '../auth/identity.js';
import { AppError } from '../platform/app-error.js';
import { decodeCursor, toPage } from '../platform/cursor.js';
import type { Database } from '../platform/database.js';
import { findPayment, listPayments } from './payments.queries.js';

const Place = z.tuple([z.uuid()]);

/** What users see of their money. */
export const createPaymentsService = ({ database }: { database: Database }) => ({
  /** Own payments, made and received, newest first. Throws VALIDATION_FAILED for a foreign cursor. */
  history: async (identity: Identity, input: PaymentHistoryInput): Promise<PaymentPage> => {
    const { limit, cursor, ...filter } = input;
    const afterId = cursor === undefined ? undefined : decodeCursor(cursor, Place)[0];
    const rows = await listPayments(database, identity.userId, { ...filter, limit: limit + 1, afterId });
    return toPage(rows, limit, (payment) => [payment.id]);
  },

  /** For the payer, the payee and admins; for anyone else it is NOT_FOUND. */
  get: async (identity: Identity, id: string): Promise<Payment> => {
    const isAuditor = identity.role === 'admin';
    const payment = await findPayment(database, { id, readerId: identity.userId, isAuditor });
    if (!payment) throw new AppError('NOT_FOUND', { detail: 'There is no such payment.' });
    return payment;
  },
});

export type PaymentsService = ReturnType<typeof createPaymentsService>;
