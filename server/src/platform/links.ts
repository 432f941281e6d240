import { foldText } from './fold-text.js';

/**
 * Ends of domains that people paste, and that are no words: a full stop without a space behind it (`so good.me too`)
 * makes no link. Other domains are found by their scheme, by `www.`, or by a path or a port behind them.
 */
const COMMON_ENDS = [
  ...[
    'com',
    'net',
    'org',
    'edu',
    'gov',
    'info',
    'biz',
    'io',
    'gg',
    'tv',
    'ly',
    'cc',
    'co',
    'ai',
    'fm',
    'app',
    'dev',
  ],
  ...[
    'xyz',
    'site',
    'website',
    'online',
    'store',
    'shop',
    'club',
    'click',
    'porn',
    'xxx',
    'sex',
    'cam',
    'adult',
  ],
  ...[
    'uk',
    'de',
    'fr',
    'es',
    'nl',
    'pl',
    'ru',
    'ua',
    'cz',
    'se',
    'ch',
    'eu',
    'jp',
    'cn',
    'kr',
    'br',
    'mx',
    'au',
    'nz',
  ],
].join('|');

/** Neither inside a word nor the end of an e-mail address; dots and lines for ornament hide nothing. */
const START = '(?<![\\p{L}\\p{N}@-]|[\\p{L}\\p{N}@-][._])';
const LABELS = '(?:[\\p{L}\\p{N}-]{1,63}\\.)+';
const END = '(?![\\p{L}\\p{N}]|[._-][\\p{L}\\p{N}])';

const LINK = new RegExp(
  [
    '[a-z][a-z0-9+.-]{1,20}://[^\\s/]',
    `${START}www\\.[\\p{L}\\p{N}-]{1,63}\\.\\p{L}{2}`,
    `${START}${LABELS}(?:${COMMON_ENDS})${END}`,
    `${START}${LABELS}\\p{L}{2,24}(?::\\d{2,5}|/[^\\s/])`,
    `${START}(?:\\d{1,3}\\.){3}\\d{1,3}(?::\\d{2,5}|/[^\\s/])`,
  ].join('|'),
  'u',
);

/** Whether a text holds something that leads elsewhere: with a scheme, `www.`, or a domain. E-mail addresses do not. */
export const hasLink = (text: string): boolean => LINK.test(foldText(text).replaceAll('。', '.'));
