import { expect, it } from 'vitest';
import { toCsv } from './csv.js';

const cell = (value: string | number | null): string => {
  const lines = toCsv({ fileName: 'x.csv', columns: ['value', 'last'], rows: [[value, 1]] });
  return lines.slice('value,last\r\n'.length, -',1\r\n'.length);
};

it('writes a line of names and one for each row, each ended by CRLF', () => {
  const rows = [
    ['a', 1, null],
    ['b', -2.5, 'c'],
  ];
  expect(toCsv({ fileName: 'x.csv', columns: ['x', 'y', 'z'], rows })).toBe('x,y,z\r\na,1,\r\nb,-2.5,c\r\n');
  expect(toCsv({ fileName: 'x.csv', columns: ['x', 'y'], rows: [] })).toBe('x,y\r\n');
});

it.each([
  ['a comma', 'a,b', '"a,b"'],
  ['a quote', 'a "b"', '"a ""b"""'],
  ['CRLF', 'a\r\nb', '"a\r\nb"'],
  ['a line feed', 'a\nb', '"a\nb"'],
  ['a carriage return', 'a\rb', '"a\rb"'],
  ['nothing of the kind', ' 🎹 é; ', ' 🎹 é; '],
])('quotes what RFC 4180 wants quoted: %s', (_name, text, expected) => {
  expect(cell(text)).toBe(expected);
});

it.each([
  ['=HYPERLINK("http://evil.example","x")', `"'=HYPERLINK(""http://evil.example"",""x"")"`],
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@x', "'@x"],
  ['\t=1', "'\t=1"],
  ['\r=1', `"'\r=1"`],
  ['＝1', "'＝1"],
])('keeps a spreadsheet from computing %j', (text, expected) => {
  expect(cell(text)).toBe(expected);
});

it.each([-1, 0, 1, -0.5, Number.MAX_SAFE_INTEGER])('leaves the number %d a number', (value) => {
  expect(cell(value)).toBe(String(value));
});
