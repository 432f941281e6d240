import { readFileSync } from 'node:fs';
import { z } from 'zod';

const Package = z.object({ version: z.string(), license: z.string() });

/** The server's package.json lies two folders up from the sources and from what is built of them. */
const readPackage = () =>
  Package.parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));

const description = `Accounts, streams, chat, moderation and payments of a livestreaming platform.

**Authentication.** Register or log in, then send the access token: \`Authorization: Bearer <token>\`. It lives for 15
minutes; \`POST /api/auth/refresh\` spends the refresh token for a new pair.

**In a browser** the session can live in cookies that no script reads: sign in with \`X-Session: cookie\`, from
\`PUBLIC_URL\` or one of \`WEB_ORIGINS\`; in development, from any port of \`localhost\`. Whatever changes something then
needs the header \`X-CSRF-Token\` with what \`GET /api/csrf-token\` answers. An Authorization header goes before cookies,
which are not read beside it.

**Conventions.** JSON in and out; unknown fields are refused. Ids are UUIDv7, times ISO 8601 in UTC, and money is an
integer in minor units: \`500\` is 5.00. Lists take \`limit\` and \`cursor\`, and answer \`items\` and \`nextCursor\`.

**Errors** are RFC 9457 problem details. Act on \`code\`; \`requestId\`, which every answer also carries as
\`X-Request-Id\`, finds the call in the logs.

Each operation, uploads excepted, is also a tRPC procedure at \`/trpc\`, with the same input, output, errors and limits. What happens in a
stream is told live over WebSocket at the same path, as docs/live.md describes.`;

/** What each tag holds; an operation's tag must be one of these. */
export const tagDescriptions: Record<string, string> = {
  auth: 'Registration, login, tokens and sessions.',
  users: 'Profiles, accounts and whom they follow.',
  streams: 'Streams: what is live, scheduled or over.',
  chat: 'Messages in the chat of a stream.',
  moderation: 'Who may write in the rooms of a performer, and who sees to it.',
  payments: 'Own payments, made and received.',
  presence: 'Who watches a stream.',
  administration: 'Reports, suspensions, roles, and the log of what was done.',
  health: 'Whether the server runs, and can do its work.',
};

/** Title, version and licence of the API, from the server's package. */
export const documentInfo = () => {
  const { version, license } = readPackage();
  return {
    title: 'VersBottomLex.me API',
    version,
    description: description.replaceAll(/(?<!\n)\n(?!\n)/g, ' '),
    license: { name: license, identifier: license },
  };
};
