import pLimit from 'p-limit';
import { AppError } from '../platform/app-error.js';
import { logBackgroundFault } from '../platform/fault-log.js';
import type { Logger } from '../platform/logger.js';
import { type Letter, toMail } from './letter.js';
import { MailError, type Mailer } from './mailer.js';

const ACTIVE_MAX = 4;
/** A mail server that is away for long must not fill the memory. */
const WAITING_MAX = 1000;
/** By then the answer has left; writing a mail would delay it by a time that can be measured. */
const START_DELAY_MS = 20;
const RETRY_DELAYS_MS = [2000, 15_000, 60_000, 300_000];
const RETRY_AFTER_MS = 60_000;
/** A stop waits no longer than this for mails that are on their way. */
const STOP_TIMEOUT_MS = 5000;

/** What the log calls a mail, and what makes it; null when there is nothing to send after all. */
export type MailJob = { kind: string; write: () => Promise<Letter | null> };

/** Looks an account's owner up. */
export type FindOwner = () => Promise<{ username: string; email: string }>;

/** Of what was done to an account, for its owner. */
export type Notice = { kind: string; find: FindOwner; subject: string; paragraphs: readonly string[] };

/** Undefined for a fault of ours. */
const reasonOf = (error: unknown): string | undefined => {
  if (error instanceof MailError) return error.reason;
  return error instanceof AppError && error.status === 503 ? error.code : undefined;
};

type Deps = { mailer: Mailer; logger: Logger; retryDelaysMs?: readonly number[] };

/**
 * Sends mails after the answer to whoever asked for them, so that no answer tells by its time whether there was one.
 * What waits is in memory: a process that ends loses it, and people ask again. Addresses are in no log.
 */
export const createMailService = ({ mailer, logger, retryDelaysMs = RETRY_DELAYS_MS }: Deps) => {
  const limit = pLimit(ACTIVE_MAX);
  const timers = new Set<NodeJS.Timeout>();
  const active = new Set<Promise<void>>();
  let isStarted = false;
  const countWaiting = () => limit.pendingCount + timers.size;

  const enqueue = (job: MailJob, attempt: number): void => {
    const run = () => {
      const running = deliver(job, attempt).finally(() => active.delete(running));
      active.add(running);
      return running;
    };
    // A failure is told to the log by `deliver`.
    void limit(run);
  };

  const enqueueLater = (job: MailJob, attempt: number, delayMs: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      enqueue(job, attempt);
    }, delayMs).unref();
    timers.add(timer);
  };

  const retry = (job: MailJob, attempt: number): boolean => {
    const delayMs = retryDelaysMs[attempt];
    if (delayMs === undefined || !isStarted) return false;
    enqueueLater(job, attempt + 1, delayMs);
    return true;
  };

  const deliver = async (job: MailJob, attempt: number): Promise<void> => {
    let written = job;
    try {
      const letter = await job.write();
      if (letter === null) return;
      // A mail is written once: another attempt would make another link.
      written = { ...job, write: async () => letter };
      await mailer.send(toMail(letter));
      logger.info('Mail sent', { kind: job.kind });
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) {
        logBackgroundFault(logger, 'Mail could not be written', error, { kind: job.kind });
        return;
      }
      const isPermanent = error instanceof MailError && error.isPermanent;
      const message =
        !isPermanent && retry(written, attempt) ? 'Mail could not be sent yet' : 'Mail could not be sent';
      logger.warn(message, { kind: job.kind, attempt: attempt + 1, reason });
    }
  };

  const post = (job: MailJob): void => {
    if (!isStarted || !mailer.canSend()) return;
    if (countWaiting() >= WAITING_MAX) logger.warn('Mail dropped, too many wait', { kind: job.kind });
    else enqueueLater(job, 0, START_DELAY_MS);
  };

  return {
    /** Throws MAIL_UNAVAILABLE where there is no mail, or when too many mails wait. */
    requireAvailable: (): void => {
      if (mailer.canSend() && countWaiting() < WAITING_MAX) return;
      throw new AppError('MAIL_UNAVAILABLE', { retryAfterMs: RETRY_AFTER_MS });
    },

    /** Writes and sends a mail soon; nothing where there is no mail, before the start and after the stop. */
    post,

    /** Posts a notice, whose reader is looked up when it is written: no failure of that may cost anybody their answer. */
    tell: ({ kind, find, subject, paragraphs }: Notice): void =>
      post({
        kind,
        write: async () => {
          const { email, username } = await find();
          return { to: email, username, subject, paragraphs };
        },
      }),

    /** How many mails are on their way or wait. */
    countOpen: (): number => limit.activeCount + countWaiting(),

    start: (): void => {
      isStarted = true;
      if (mailer.canSend()) return;
      logger.warn('Mail cannot be sent: SMTP_URL is not set, so that nobody can reset a password');
    },

    /** Ends after the mails that are on their way, or 5 s; those that wait are lost. */
    stop: async (): Promise<void> => {
      isStarted = false;
      const lost = countWaiting();
      if (lost > 0) logger.warn('Mails lost by a stop', { count: lost });
      limit.clearQueue();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_TIMEOUT_MS);
      });
      await Promise.race([Promise.all(active), timeout]);
      clearTimeout(timer);
      mailer.close();
    },
  };
};

export type MailService = ReturnType<typeof createMailService>;
