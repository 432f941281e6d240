/** More names than these in one message are no conversation; the rest stays plain text. */
const MENTIONS_MAX = 10;

/** Not after a letter, which would be an e-mail address, and not before `@`, which names somebody on another server. */
const MENTION = /(?<![\p{L}\p{M}\p{N}_@])@([A-Za-z0-9_]{3,30})(?![\p{L}\p{M}\p{N}_@])/gu;

/** The usernames that a text names with `@`, in lower case, each once, in their order; at most 10. */
export const findMentions = (text: string): string[] => {
  const names = new Set<string>();
  for (const [, name = ''] of text.matchAll(MENTION)) {
    if (names.size < MENTIONS_MAX) names.add(name.toLowerCase());
  }
  return [...names];
};
