import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasLink } from './links.js';

it.each([
  'https://example.com',
  'see HTTP://EXAMPLE.COM/path?x=1',
  'ftp://files.example/1',
  'javascript://x',
  'www.example.fr',
  'go to www.example.anything now',
  'example.com',
  'Look: example.com, or not',
  '(example.co.uk)',
  'sub.domain.example.io/path',
  'bit.ly/abc',
  't.me/joinchat',
  'localhost.example:8080',
  '10.0.0.1:8080',
  '192.168.0.1/admin',
  'bücher.de',
  'ｅｘａｍｐｌｅ．ｃｏｍ',
  'example。com',
  'exa\u200bmple.com',
  'éxample.com',
  'a-b-c.xyz',
  'here...example.com',
  '.example.com',
  '_example.com_',
  'example.com- and',
  'a.b.c.d.e.f.g.h.i.example.com',
  'a.b.c.d.e.f.g.h.i.example.any/path',
])('finds a link in %j', (text) => {
  expect(hasLink(text)).toBe(true);
});

it.each([
  'hello.how are you',
  'so good.me too',
  'Really?yes.no',
  'wait...what',
  '1.5 of 2.5, or 3.50',
  '12.30 or 11:45',
  '5/10 and 1.5/2',
  'and/or, he/she',
  'e.g. this, i.e. that',
  'version 1.2.3.4',
  'mia@example.com',
  'mia@mail.example.com',
  'mia.x_y@mail.example.com',
  'wait...what.is',
  'main.ts and README.md',
  'example.community',
  'com.example',
  '.com',
  'dot com',
  'a: b // c',
  '://',
  '@mia.',
  '',
])('finds no link in %j', (text) => {
  expect(hasLink(text)).toBe(false);
});

it('finds an address in the middle of any words', () => {
  fc.assert(
    fc.property(fc.lorem(), fc.webUrl(), fc.lorem(), (before, url, after) => {
      expect(hasLink(`${before} ${url} ${after}`)).toBe(true);
    }),
  );
});

it('is quick for texts that are made to be slow', () => {
  for (const piece of ['a', 'a.', '-', 'a-', '1.', 'www.', 'a:', '\u0301']) {
    const text = piece.repeat(500 / piece.length);
    const startedAt = performance.now();
    hasLink(text);
    expect(performance.now() - startedAt, piece).toBeLessThan(50);
  }
});
