import { expect, it } from 'vitest';
import { AppError } from './app-error.js';
import { logFault } from './fault-log.js';
import { createLogger } from './logger.js';

const request = { requestId: 'r-1', path: 'payments.tip' };

const logged = (error: AppError) => {
  const lines: Record<string, unknown>[] = [];
  logFault(
    createLogger('DEBUG', (line) => lines.push(JSON.parse(line))),
    error,
    request,
  );
  return lines;
};

it('logs a fault as an error, with the stack of what went wrong', () => {
  const cause = new Error('the disk is full');
  expect(logged(new AppError('INTERNAL_ERROR', { cause }))).toMatchObject([
    { level: 'ERROR', message: 'Request failed', data: { ...request, status: 500, stack: cause.stack } },
  ]);
  expect(logged(new AppError('DEPENDENCY_UNAVAILABLE', { cause }))).toMatchObject([{ level: 'ERROR' }]);
});

it('logs a refusal of its own as a short warning, since there may be thousands of one cause', () => {
  for (const code of ['PAYMENTS_HALTED', 'OVERLOADED'] as const) {
    const [line, ...rest] = logged(new AppError(code));
    expect(rest).toEqual([]);
    expect(line).toMatchObject({ level: 'WARN', message: 'Request refused' });
    expect(line?.data).toEqual({ ...request, code, status: 503 });
  }
});

it('does not log what a caller can mend', () => {
  expect(logged(new AppError('NOT_FOUND'))).toEqual([]);
});
