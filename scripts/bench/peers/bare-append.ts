import { createServer } from 'node:http';
import postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { loadConfig, readEnvironment } from '../../../server/dist/config.js';
import { connectionOptions } from '../../../server/dist/platform/database.js';
import type { AppendOptions } from '../appended.js';
import type { Work } from '../stored.js';

/** Stores chat messages by the statement of ours and nothing else: one message a call, told what to do by HTTP. */
const config = loadConfig(readEnvironment(), () => {
  throw new Error('The environment has no secrets.');
});
const sql = postgres(config.database.url ?? '', { ...connectionOptions, max: config.database.poolMax });

const append = async (streamId: string, authorId: string, content: string): Promise<void> => {
  const item = {
    id: uuidv7(),
    authorId,
    content,
    folded: content,
    hasLink: false,
    clientMessageId: null,
    replyToId: null,
    mentions: [],
  };
  const batch = JSON.stringify([item]);
  const sentAt = new Date().toISOString();
  const [answer] = await sql`
    select item_index, outcome, message_seq, sent_message::text, retry_after_ms
    from send_chat_messages(${streamId}::uuid, ${batch}::text::jsonb, ${sentAt}::text::timestamptz)`;
  if (answer?.outcome !== 'stored') throw new Error(`The message was not stored: ${answer?.outcome}`);
};

const run = async ({ streamId, authorIds, content, seconds }: AppendOptions): Promise<Work> => {
  let stored = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  await Promise.all(
    authorIds.map(async (authorId) => {
      while (performance.now() < endsAt) {
        await append(streamId, authorId, content);
        stored += 1;
      }
    }),
  );
  return { stored, seconds: (performance.now() - startedAt) / 1000 };
};

createServer((request, response) => {
  if (request.method !== 'POST') {
    response.writeHead(204).end();
    return;
  }
  request
    .toArray()
    .then((chunks) => run(JSON.parse(Buffer.concat(chunks).toString())))
    .then((appended) => response.writeHead(200).end(JSON.stringify(appended)))
    .catch((error: Error) => response.writeHead(500).end(error.stack));
}).listen(config.port, config.host);
