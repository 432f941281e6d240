import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { CSV_CONTENT_TYPE, type CsvTable, toCsv } from '../platform/csv.js';

/** Whether the client prefers a table to JSON, which it gets when it does not say, or accepts anything (RFC 9110, 12.5.1). */
export const prefersCsv = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  new Negotiator({ headers }).mediaType(['application/json; charset=utf-8', CSV_CONTENT_TYPE]) ===
  CSV_CONTENT_TYPE;

/** Says that the answer depends on `Accept`, beside what else it depends on. */
export const varyByAccept = (reply: FastifyReply): void => {
  reply.header('vary', [reply.getHeader('vary') ?? [], 'Accept'].flat().join(', '));
};

/** Answers with a file for a spreadsheet. */
export const sendCsv = (reply: FastifyReply, table: CsvTable): FastifyReply =>
  reply
    .header('content-type', CSV_CONTENT_TYPE)
    .header('content-disposition', `attachment; filename="${table.fileName}"`)
    .send(toCsv(table));
