import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

/** AWS's own steps of signature version 4 (Create a signed AWS API request, 1 to 4), for a request as it arrived. */
const signatureOf = (
  { method, url = '', headers }: IncomingMessage,
  signedHeaders: string[],
  scope: string,
  secret: string,
): string => {
  const [path = '', query = ''] = url.split('?');
  const canonical = [
    method,
    path,
    query
      .split('&')
      .filter((part) => part !== '')
      .sort()
      .join('&'),
    ...signedHeaders.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signedHeaders.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${secret}`);
  return hmac(key, toSign).toString('hex');
};

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;

/** The part of S3 that we call, for one bucket and one key, which refuses what is not signed over its content. */
export const startFakeS3 = async (keys: { accessKeyId: string; secretAccessKey: string; region: string }) => {
  const objects = new Map<string, { bytes: Buffer; headers: IncomingMessage['headers']; storedAt: Date }>();
  const fake = {
    objects,
    refused: [] as string[],
    /** What becomes of every request instead. */
    isAway: false,
    /** The most that a list holds. */
    pageMax: 1000,
    endpoint: '',
    close: async (): Promise<void> => {},
  };

  const refusalOf = (request: IncomingMessage, body: Buffer): string | undefined => {
    const [, id, scope = '', signed = '', signature] =
      AUTHORIZATION.exec(request.headers.authorization ?? '') ?? [];
    if (id !== keys.accessKeyId) return 'InvalidAccessKeyId';
    const date = String(request.headers['x-amz-date']);
    if (scope !== `${date.slice(0, 8)}/${keys.region}/s3/aws4_request`) return 'AuthorizationHeaderMalformed';
    const needed = ['host', 'x-amz-content-sha256', 'x-amz-date'];
    if (!needed.every((name) => signed.split(';').includes(name))) return 'AccessDenied';
    if (request.method === 'PUT' && request.headers['x-amz-content-sha256'] !== sha256(body)) {
      return 'XAmzContentSHA256Mismatch';
    }
    return signature === signatureOf(request, signed.split(';'), scope, keys.secretAccessKey)
      ? undefined
      : 'SignatureDoesNotMatch';
  };

  const list = (query: URLSearchParams): string => {
    const names = [...objects.keys()].sort();
    const start = Number(query.get('continuation-token')?.replace('after+', '') ?? 0);
    const page = names.slice(start, start + fake.pageMax);
    const next = start + fake.pageMax;
    const contents = page.map(
      (name) =>
        `<Contents><Key>${name}</Key><LastModified>${objects.get(name)?.storedAt.toISOString()}</LastModified><Size>1</Size></Contents>`,
    );
    const more = next < names.length ? `<NextContinuationToken>after+${next}</NextContinuationToken>` : '';
    return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>${contents.join('')}${more}</ListBucketResult>`;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (fake.isAway) return void response.writeHead(503).end();
    const refusal = refusalOf(request, body);
    if (refusal !== undefined) {
      fake.refused.push(refusal);
      return void response.writeHead(403).end(`<Error><Code>${refusal}</Code></Error>`);
    }
    const url = new URL(request.url ?? '', 'http://localhost');
    const name = url.pathname.replace('/pictures/', '');
    if (request.method === 'GET') return void response.writeHead(200).end(list(url.searchParams));
    if (request.method === 'PUT') {
      objects.set(name, { bytes: body, headers: request.headers, storedAt: new Date() });
      return void response.writeHead(200).end();
    }
    response.writeHead(objects.delete(name) ? 204 : 404).end();
  };

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  fake.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return fake;
};
