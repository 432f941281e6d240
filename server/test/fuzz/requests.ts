import type { KnownThings } from './known-things.js';
import type { Random } from './random.js';
import { createValues, hostileText, type Schema } from './values.js';

type Parameter = { in: string; name: string; schema: Schema };
type DocumentedOperation = {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
};
/** An OpenAPI document, as far as requests are made from it. */
export type Document = {
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Record<string, Schema> };
};

export type FuzzRequest = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** As documented, with braces. */
  template: string;
};

const TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=x',
  '',
];
const HEADERS: readonly [string, string][] = [
  ['x-request-id', 'a"b{}'],
  ['x-forwarded-for', '127.0.0.1, ::1, x'],
  ['x-forwarded-host', 'evil.example'],
  ['x-http-method-override', 'DELETE'],
  ['idempotency-key', 'fuzz-key-0001'],
  ['idempotency-key', 'x'],
  ['origin', 'null'],
  ['origin', 'https://evil.example'],
  ['accept', 'text/csv'],
  ['accept', '*/*;q=0, x'],
  ['cookie', '__Host-access=x; __Host-refresh=y; a'],
  ['cookie', '=;;;=%00'],
  ['range', 'bytes=0-0'],
  ['content-encoding', 'gzip'],
  ['expect', 'nothing'],
  ['te', 'trailers'],
  ['authorization', 'Basic eDp5'],
  ['authorization', 'Bearer'],
  ['authorization', `Bearer ${'e.'.repeat(2000)}`],
  ['host', 'evil.example'],
];

const encode = (value: unknown): string =>
  encodeURIComponent(String(typeof value === 'object' ? JSON.stringify(value) : value).toWellFormed());

/** Makes requests of a document's operations, most of them nearly right. */
export const createRequests = (document: Document, random: Random, things: KnownThings) => {
  const operations = Object.entries(document.paths)
    .filter(([template]) => template.startsWith('/api/'))
    .flatMap(([template, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        template,
        method: method.toUpperCase(),
        operation,
      })),
    );

  return (): FuzzRequest => {
    const { template, method, operation } = random.pick(operations);
    const values = createValues(document.components.schemas, random, things.knownFor(template));
    const hostility = random.pick([0, 0, 10, 40]);
    const { parameters = [], requestBody } = operation;
    const encoded = ({ schema, name }: Parameter) => encode(values.make(schema, name, hostility));
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const parameter = parameters.find((each) => each.in === 'path' && each.name === name);
      return parameter ? encoded(parameter) : encode(hostileText(random));
    });
    const query = parameters
      .filter((each) => each.in === 'query' && random.isOnce(40))
      .map((each) => `${each.name}=${encoded(each)}`);
    if (random.isOnce(hostility / 5))
      query.push(`${encode(hostileText(random))}=${encode(hostileText(random))}`);

    const headers: Record<string, string> = {};
    let body: string | undefined;
    const [type, { schema } = {}] = Object.entries(requestBody?.content ?? {})[0] ?? [];
    if (schema && type === 'application/json') {
      body = JSON.stringify(values.make(schema, '', hostility));
      if (random.isOnce(hostility / 10)) body = body.slice(0, random.below(body.length));
      headers['content-type'] = random.isOnce(hostility / 10) ? random.pick(TYPES) : type;
    } else if (type?.startsWith('multipart/')) {
      headers['content-type'] = 'multipart/form-data; boundary=x';
      body = `--x\r\nContent-Disposition: form-data; name="file"; filename="${random.pick(['a.png', '../a', ''])}"\r\n\r\n${'\u0089PNG\r\n\u001a\n'.repeat(random.below(9))}\r\n--x${random.isOnce(80) ? '--\r\n' : ''}`;
    }
    while (random.isOnce(10)) headers[random.pick(HEADERS)[0]] = random.pick(HEADERS)[1];
    return { method, path: query.length > 0 ? `${path}?${query.join('&')}` : path, headers, body, template };
  };
};
