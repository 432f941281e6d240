import type { Random } from './random.js';
import type { Known } from './values.js';

/** Everything that must never come back begins so. */
export const PLANTED = 'planted-';
export const PASSWORD = `${PLANTED}password-7f3a9c`;
/** Addresses are told to their owner, by procedures of `auth` alone. */
export const MAIL_DOMAIN = `${PLANTED}mail.example`;

const KEPT_MAX = 200;
/** The beginning of an object with an id, and the name that it is under; those of lists have none. */
const OBJECT = /(?:"(\w+)":)?\{"id":"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{22})"/g;

const kinds = ['users', 'streams', 'messages', 'payments', 'reports', 'sessions'] as const;
type Kind = (typeof kinds)[number];

/** The kind of what a path is about: the last of its folders that is one. */
const kindOfPath = (path: string): Kind | undefined =>
  kinds.filter((kind) => path.includes(`/${kind}`)).at(-1);

/** Keeps the ids that answers tell, the latest of each kind. */
export const createKnownThings = () => {
  const ids = new Map<Kind, string[]>(kinds.map((kind) => [kind, []]));
  let registered = 0;
  const learn = (path: string, text: string): void => {
    for (const [, name, id = ''] of text.matchAll(OBJECT)) {
      const named = kinds.find((kind) => kind.slice(0, -1) === name);
      const kept = ids.get(named ?? (name ? 'users' : (kindOfPath(path) ?? 'users')));
      kept?.push(id);
      if (kept && kept.length > KEPT_MAX) kept.shift();
    }
  };
  const knownFor = (path: string): Known => ({
    idOf: (name, random: Random) => {
      const kind = kinds.find((each) => `${each.slice(0, -1)}Id` === name) ?? kindOfPath(path) ?? 'users';
      const some = random.isOnce(90) ? ids.get(kind) : [...ids.values()].flat();
      return some && some.length > 0 ? random.pick(some) : '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
    },
    newEmail: () => {
      registered += 1;
      return `fuzz-${registered}@${MAIL_DOMAIN}`;
    },
    password: PASSWORD,
  });
  return { learn, knownFor };
};
export type KnownThings = ReturnType<typeof createKnownThings>;
