import { describe, expect, it } from 'vitest';
import { createLogger, type LogLevel } from './logger.js';

const at = new Date('2026-01-02T03:04:05.678Z');

const logging = (level: LogLevel) => {
  const lines: string[] = [];
  return {
    lines,
    logger: createLogger(
      level,
      (line) => lines.push(line),
      () => at,
    ),
  };
};

describe('a line', () => {
  it('is one JSON object with timestamp, level, message and data, in this order', () => {
    const { lines, logger } = logging('INFO');
    logger.info('User registered', { userId: '42', nested: { count: 1 } });
    expect(lines).toEqual([
      '{"timestamp":"2026-01-02T03:04:05.678Z","level":"INFO","message":"User registered","data":{"userId":"42","nested":{"count":1}}}\n',
    ]);
  });

  it('has no data where there is none', () => {
    const { lines, logger } = logging('INFO');
    logger.warn('Slow');
    expect(lines).toEqual(['{"timestamp":"2026-01-02T03:04:05.678Z","level":"WARN","message":"Slow"}\n']);
  });

  it('stays one line whatever it is given', () => {
    const { lines, logger } = logging('INFO');
    logger.error('two\nlines\r\u2028', { text: 'a\nb', '\n': 1 });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toMatch(/[\n\r]/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      message: 'two\nlines\r\u2028',
      data: { text: 'a\nb' },
    });
  });

  it('shows secrets neither in the message nor in the data', () => {
    const { lines, logger } = logging('INFO');
    logger.info('GET /x?token=hunter2', { headers: [{ Cookie: 'hunter2' }], url: 'redis://:hunter2@cache' });
    expect(lines[0]).not.toContain('hunter2');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      message: 'GET /x?token=[REDACTED]',
      data: { headers: [{ Cookie: '[REDACTED]' }], url: 'redis://:[REDACTED]@cache' },
    });
  });

  it('has the time of its call', () => {
    const lines: string[] = [];
    const before = Date.now();
    createLogger('INFO', (line) => lines.push(line)).info('now');
    expect(Date.parse(JSON.parse(lines[0] ?? '').timestamp)).toBeGreaterThanOrEqual(before);
  });
});

it.each([
  ['ERROR', ['ERROR']],
  ['WARN', ['ERROR', 'WARN']],
  ['INFO', ['ERROR', 'WARN', 'INFO']],
  ['DEBUG', ['ERROR', 'WARN', 'INFO', 'DEBUG']],
] as const)('at %s writes %s and nothing less', (level, written) => {
  const { lines, logger } = logging(level);
  logger.error('e');
  logger.warn('w');
  logger.info('i');
  logger.debug('d');
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(written);
});
