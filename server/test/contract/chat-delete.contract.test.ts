import { moderationActions, streamLogs } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { type Case, contract, type Scene } from '../contract.js';

type Who = 'author' | 'viewer' | 'moderator' | 'otherModerator' | 'performer' | 'otherPerformer' | 'admin';

/** A room with a message of `author`, and everybody who may want it gone. */
const openRoom = async (
  { given }: Scene<'chat.delete'>,
  authorIs: 'viewer' | 'moderator' | 'performer' | 'admin',
) => {
  const performer = await given.performer();
  const stream = await given.stream(performer);
  const people: Record<Exclude<Who, 'author'>, SignedIn> = {
    viewer: await given.account(),
    moderator: await given.moderatorOf(performer),
    otherModerator: await given.moderatorOf(performer),
    performer,
    otherPerformer: await given.performer(),
    admin: await given.admin(),
  };
  const author = authorIs === 'viewer' ? await given.account() : people[authorIs];
  const { id } = await given.storedMessage(stream, author, { content: 'Rubbish' });
  return { people: { ...people, author }, stream, input: { streamId: stream.id, messageId: id } };
};

const deletes =
  (who: Who, authorIs: Parameters<typeof openRoom>[1]): Case<'chat.delete'> =>
  async (scene) => {
    const { people, input } = await openRoom(scene, authorIs);
    const answer = await scene.call(input, { as: people[who] });
    if (!answer.failure) {
      const deletedAt = scene.test.clock.now().toISOString();
      expect(answer.data).toMatchObject({ id: input.messageId, content: null, deletedAt });
      expect(answer.text).not.toContain('Rubbish');
    }
    const noted = await scene.test.database.client
      .select()
      .from(moderationActions)
      .where(eq(moderationActions.messageId, input.messageId));
    const isNoted = !answer.failure && who !== 'author';
    expect(noted).toMatchObject(
      isNoted
        ? [
            {
              action: 'message_deleted',
              performerId: people.performer.user.id,
              actorId: people[who].user.id,
              targetId: people.author.user.id,
              streamId: input.streamId,
            },
          ]
        : [],
    );
    return answer;
  };

contract('chat.delete', {
  success: {
    'takes the text from everyone, for its author': deletes('author', 'viewer'),
    'is for the performer': deletes('performer', 'viewer'),
    'is for the performer, of the message of an admin': deletes('performer', 'admin'),
    'is for admins, of the message of the performer': deletes('admin', 'performer'),
    'is for moderators, of the message of a viewer': deletes('moderator', 'viewer'),
    'is for moderators, of the message of another moderator': deletes('otherModerator', 'moderator'),
    'gives the same answer again, and is noted once': async (scene) => {
      const { people, input } = await openRoom(scene, 'viewer');
      const first = await scene.call(input, { as: people.moderator });
      scene.test.clock.advance(5);
      const answer = await scene.call(input, { as: people.performer });
      expect(answer.data).toEqual(first.data);
      const noted = await scene.test.database.client
        .select()
        .from(moderationActions)
        .where(eq(moderationActions.messageId, input.messageId));
      expect(noted).toHaveLength(1);
      return answer;
    },
    'unpins what was pinned, and tells both': async (scene) => {
      const { people, input } = await openRoom(scene, 'viewer');
      const { client } = scene.test.database;
      const ofStream = eq(streamLogs.streamId, input.streamId);
      await client.update(streamLogs).set({ pinnedMessageId: input.messageId }).where(ofStream);
      const told: unknown[] = [];
      const leave = scene.test.bus.subscribe((event) => told.push(event));
      const answer = await scene.call(input, { as: people.author });
      leave();
      const [log] = await client.select().from(streamLogs).where(ofStream);
      expect(log?.pinnedMessageId).toBeNull();
      const { messageId, streamId } = input;
      const lastSeq = log?.lastSeq ?? 0;
      const deletedAt = scene.test.clock.now().toISOString();
      expect(told).toEqual([
        {
          type: 'streamLogged',
          streamId,
          entries: [
            { seq: lastSeq - 1, event: { type: 'messageDeleted', messageId, deletedAt } },
            { seq: lastSeq, event: { type: 'messagePinned', message: null } },
          ],
        },
      ]);
      return answer;
    },
    'works when the stream has ended': async (scene) => {
      const { people, input } = await openRoom(scene, 'viewer');
      const identity = await scene.test.services.auth.authenticateAfresh(people.performer.accessToken);
      await scene.test.services.streams.end(identity, input.streamId);
      return scene.call(input, { as: people.author });
    },
    'takes the text out of replies too': async (scene) => {
      const { people, stream, input } = await openRoom(scene, 'viewer');
      await scene.given.storedMessage(stream, people.viewer, { replyToId: input.messageId });
      const answer = await scene.call(input, { as: people.author });
      const history = await scene.test.services.chat.history(null, { streamId: stream.id, limit: 5 });
      expect(JSON.stringify(history)).not.toContain('Rubbish');
      return answer;
    },
  },

  ACCESS_REQUIRED: {
    'with the price, for who may not enter, whether the message exists or not': async ({ call, given }) => {
      const stream = await given.stream(await given.performer(), { isPrivate: true, price: 1500 });
      const as = await given.account();
      const answer = await call({ streamId: stream.id, messageId: uuidv7() }, { as });
      expect(answer.failure?.price).toEqual({ amount: 1500, currency: 'USD' });
      return answer;
    },
  },

  FORBIDDEN: {
    'for another viewer': deletes('viewer', 'viewer'),
    'for another performer': deletes('otherPerformer', 'viewer'),
    'for moderators, of the message of the performer': deletes('moderator', 'performer'),
    'for moderators, of the message of an admin': deletes('moderator', 'admin'),
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) =>
      call({ streamId: uuidv7(), messageId: uuidv7() }, { as: await given.account() }),
    'for an unknown message': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer);
      return call({ streamId: id, messageId: uuidv7() }, { as: performer });
    },
    'for a message of another stream': async (scene) => {
      const [one, other] = [await openRoom(scene, 'viewer'), await openRoom(scene, 'viewer')];
      const input = { streamId: one.input.streamId, messageId: other.input.messageId };
      return scene.call(input, { as: other.people.author });
    },
  },

  VALIDATION_FAILED: {
    'for a stream id that is none': async ({ call, given }) =>
      call({ streamId: 'live', messageId: uuidv7() }, { as: await given.account() }),
    'for a message id that is none': async ({ call, given }) =>
      call({ streamId: uuidv7(), messageId: '1' }, { as: await given.account() }),
    'for a field that is none': async ({ call, given }) =>
      call({ streamId: uuidv7(), messageId: uuidv7(), reason: 'Spam' }, { as: await given.account() }),
  },
});
