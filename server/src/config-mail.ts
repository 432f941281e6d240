import { join } from 'node:path';
import type { z } from 'zod';
import { mailAddress, publicUrl, smtpUrl } from './config-values.js';

/** The variables about mail; `.env.example` explains each. */
export const mailVariables = {
  SMTP_URL: smtpUrl.optional(),
  MAIL_FROM: mailAddress.optional(),
  WEB_URL: publicUrl.optional(),
};

type Variables = z.infer<z.ZodObject<typeof mailVariables>> & {
  NODE_ENV: 'development' | 'test' | 'production';
};

export type MailConfig = Readonly<{
  /** The server that takes mail; undefined where there is none. */
  smtpUrl: string | undefined;
  /** Where mail is written to instead; undefined in production, which sends it or has none. */
  file: string | undefined;
  /** The sender, as `name@host` or `Name <name@host>`. */
  from: string;
  /** Where the links of mails lead, without a slash at its end. */
  webUrl: string;
  /** Whether mail may go only over TLS, unless SMTP_URL says otherwise. */
  requiresTls: boolean;
}>;

/** Completes what is given by what the server's own address and folder say. */
export const mailConfigOf = (
  env: Variables,
  { publicUrl, dataDirectory }: { publicUrl: string; dataDirectory: string },
): MailConfig => {
  const isProduction = env.NODE_ENV === 'production';
  return Object.freeze({
    smtpUrl: env.SMTP_URL,
    file: env.SMTP_URL === undefined && !isProduction ? join(dataDirectory, 'mails.txt') : undefined,
    from: env.MAIL_FROM ?? `VersBottomLex.me <no-reply@${new URL(publicUrl).hostname}>`,
    webUrl: (env.WEB_URL ?? publicUrl).replace(/\/+$/, ''),
    requiresTls: isProduction,
  });
};
