import { ChatMessage } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../platform/database.js';
import { preparedAct } from './moderation-acts.queries.js';

const $ = sql.placeholder;

const pinStatement = preparedAct(
  'moderation_pin',
  ChatMessage,
  sql`pin_message(${$('streamId')}::uuid, ${$('actorId')}::uuid, ${$('messageId')}::uuid, ${$('now')}::timestamptz,
    ${$('actionId')}::uuid)`,
);

type OfStream = { streamId: string; actorId: string; now: string; actionId: string };

/** Pins a message instead of the one that is pinned; with null there is none any more. */
export const pinMessage = (database: Database, of: OfStream & { messageId: string | null }) =>
  pinStatement(database, of);

const clearStatement = preparedAct(
  'moderation_clear',
  z.unknown(),
  sql`clear_chat(${$('streamId')}::uuid, ${$('actorId')}::uuid, ${$('now')}::timestamptz, ${$('actionId')}::uuid)`,
);

export const clearChat = (database: Database, of: OfStream) => clearStatement(database, of);
