import { stringify } from 'csv-stringify/sync';

/** A table that can be downloaded. Null is an empty cell. */
export type CsvTable = {
  fileName: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
};

/** By its media type's parameters, the first line holds the names (RFC 4180). */
export const CSV_CONTENT_TYPE = 'text/csv; charset=utf-8; header=present';

/**
 * A table as RFC 4180 writes it. A text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP
 * advises (https://owasp.org/www-community/attacks/CSV_Injection); numbers stay numbers.
 */
export const toCsv = ({ columns, rows }: CsvTable): string =>
  stringify([columns, ...rows] as unknown[][], {
    record_delimiter: 'windows',
    // By itself it would leave a lone CR or LF, which many readers take for the end of a row.
    quote_record_delimiter: true,
    escape_formulas: true,
  });
