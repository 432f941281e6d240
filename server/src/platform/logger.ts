import { redact, redactText } from './redaction.js';

const levels = ['ERROR', 'WARN', 'INFO', 'DEBUG'] as const;
export type LogLevel = (typeof levels)[number];
type Write = (line: string) => void;
type Log = (message: string, data?: Record<string, unknown>) => void;

export type Logger = { error: Log; warn: Log; info: Log; debug: Log };

const silent: Log = () => {};

/**
 * Writes one JSON object a line: `timestamp` (ISO 8601, UTC), `level`, `message`, and `data` where there is any, with
 * secrets redacted at any depth. Lines below `level` cost nothing.
 */
export const createLogger = (level: LogLevel, write: Write, now: () => Date = () => new Date()): Logger => {
  const at = (name: LogLevel): Log => {
    if (levels.indexOf(name) > levels.indexOf(level)) return silent;
    return (message, data) =>
      write(
        `${JSON.stringify({
          timestamp: now().toISOString(),
          level: name,
          message: redactText(message),
          ...(data && { data: redact(data) }),
        })}\n`,
      );
  };
  return { error: at('ERROR'), warn: at('WARN'), info: at('INFO'), debug: at('DEBUG') };
};
