import { limitVariables } from '../src/config-limits.js';

/** Limits that are counted and never reached; those of the chat stay, because its tests reach them. */
export const highLimits = Object.fromEntries(
  Object.keys(limitVariables)
    .filter((name) => name.startsWith('RATE_LIMIT_') && !name.startsWith('RATE_LIMIT_CHAT_'))
    .map((name) => [name, '1000000']),
);
