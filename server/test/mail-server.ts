import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail as it came over the wire; `raw` is its headers and its text. */
export type ReceivedMail = { from: string; to: string[]; raw: string };

/** A mail server on a free port of loopback, without TLS unless `options` say otherwise. */
export const openMailServer = async (options: SMTPServerOptions = {}) => {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        received.push({
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('latin1'),
        });
        done();
      });
    },
    ...options,
  });
  // What a client does wrong is told to it.
  server.on('error', () => {});
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.server.address() as AddressInfo;
  return {
    received,
    port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(resolve);
      }),
  };
};

/** The header lines of a mail, unfolded. */
export const headersOf = ({ raw }: ReceivedMail): string[] =>
  (raw.split('\r\n\r\n')[0] ?? '').replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');

/** The text of a mail as its reader sees it. */
export const textOf = (mail: ReceivedMail): string => {
  const text = mail.raw.slice(mail.raw.indexOf('\r\n\r\n') + 4).replaceAll('\r\n', '\n');
  if (!headersOf(mail).includes('Content-Transfer-Encoding: quoted-printable')) return text;
  return text
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
};
