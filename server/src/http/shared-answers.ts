import { LRUCache } from 'lru-cache';
import type { EventBus } from '../platform/event-bus.js';

/** Guests may see a list as it was this long ago. */
const TTL_MS = 1000;
/** Enough for the filters that people use; whoever makes up more only pushes out others of the same kind. */
const ANSWERS_MAX = 500;

type Answer = { body: string; freshUntilMs: number };

export type SharedAnswers = {
  /** The body of an answer that is still fresh. */
  find(url: string): string | undefined;
  /** The answer that is under way for `url`, or a new one from `compute`; it is kept when it succeeds. */
  share(url: string, compute: () => Promise<string>): Promise<string>;
};

/**
 * Bodies that are the same for every guest, by URL, for a second from when they began to be computed. A changed stream
 * or account forgets them all at once, and what was begun before the change is handed to those who waited for it, and
 * to nobody else.
 */
export const createSharedAnswers = (
  bus: EventBus,
  now: () => number = () => performance.now(),
): SharedAnswers => {
  const answers = new LRUCache<string, Answer>({ max: ANSWERS_MAX });
  let underWay = new Map<string, Promise<string>>();

  bus.subscribe(({ type }) => {
    if (type !== 'streamChanged' && type !== 'identityChanged') return;
    answers.clear();
    underWay = new Map();
  });

  return {
    find: (url) => {
      const answer = answers.get(url);
      return answer && answer.freshUntilMs > now() ? answer.body : undefined;
    },
    share: (url, compute) => {
      const known = underWay.get(url);
      if (known) return known;
      // A change puts another map in place of this one, by which the end of the computation sees that it is outdated.
      const begunIn = underWay;
      const freshUntilMs = now() + TTL_MS;
      const computation = compute();
      begunIn.set(url, computation);
      computation.then(
        (body) => {
          begunIn.delete(url);
          if (begunIn === underWay) answers.set(url, { body, freshUntilMs });
        },
        () => begunIn.delete(url),
      );
      return computation;
    },
  };
};
