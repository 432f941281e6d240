/** One mail; `to` is a bare address that a schema has checked, and what is in `text` is the only thing a reader sees. */
export type Mail = { to: string; subject: string; text: string };

/** A way for mails out of the process. */
export type Mailer = {
  /** False where the server is set up without mail. */
  canSend(): boolean;
  /** Resolves once somebody else is responsible for the mail. Throws MailError. */
  send(mail: Mail): Promise<void>;
  close(): void;
};

/** Why a mail was not taken, without a word of the mail server's, which may quote addresses. */
export class MailError extends Error {
  /** Whether trying again is of no use. */
  readonly isPermanent: boolean;
  /** Such as `ECONNECTION` or `EENVELOPE 550`. */
  readonly reason: string;

  constructor(reason: string, isPermanent: boolean) {
    super(`mail failed with ${reason}`);
    this.name = 'MailError';
    this.reason = reason;
    this.isPermanent = isPermanent;
  }
}
