import { MAIL_DOMAIN, PLANTED } from './known-things.js';

/** What is inside and stays there: hashes, keys, statements, files of ours. */
const INSIDES =
  /\$argon2|node_modules|\/src\/|DatabaseError|\bat \S+ \(|SQLSTATE|postgres:\/\/|password_hash/;

/** What an answer, a frame or a log line tells that it must not; undefined where it tells nothing. */
export const leakIn = (text: string, { mayTellAddress }: { mayTellAddress: boolean }): string | undefined => {
  const inside = INSIDES.exec(text)?.[0];
  if (inside !== undefined) return inside;
  const told = mayTellAddress ? text.replaceAll(MAIL_DOMAIN, '') : text;
  const at = told.indexOf(PLANTED);
  return at < 0 ? undefined : told.slice(Math.max(0, at - 40), at + 40);
};
