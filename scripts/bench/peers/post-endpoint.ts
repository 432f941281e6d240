import { createServer, type IncomingMessage, type Server } from 'node:http';

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** An HTTP server on PORT that hands on what is posted to it, and answers 204 then; a GET is answered at once. */
export const startPostEndpoint = (take: (body: Buffer) => void): Server =>
  // Without a timeout, because the load leaves its connections idle while others are measured.
  createServer({ keepAliveTimeout: 0 }, (request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(204).end();
      return;
    }
    readBody(request)
      .then((body) => {
        take(body);
        response.writeHead(204).end();
      })
      .catch((error: Error) => {
        process.stderr.write(`${error.stack}\n`);
        response.writeHead(500).end();
      });
  }).listen(Number(process.env.PORT), '127.0.0.1');
