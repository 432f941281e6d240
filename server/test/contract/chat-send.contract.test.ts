import { follows, roomRestrictions, roomSettings, users } from '@versbottomlex/database';
import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { type Case, contract, contractWhere, invalidFields, type Scene } from '../contract.js';

type SendScene = Scene<'chat.send'>;
type Settings = Partial<typeof roomSettings.$inferInsert>;

/** A live room with these settings, its performer, and a viewer. */
const openRoom = async ({ given, test }: SendScene, settings?: Settings) => {
  const [performer, viewer] = [await given.performer(), await given.account()];
  const stream = await given.stream(performer);
  const performerId = performer.user.id;
  if (settings) await test.database.client.insert(roomSettings).values({ performerId, ...settings });
  return { performer, viewer, stream, streamId: stream.id, performerId };
};

const inSeconds = ({ test }: SendScene, seconds: number) =>
  new Date(test.clock.now().getTime() + seconds * 1000).toISOString();

const refusedText =
  (settings: Settings, content: string): Case<'chat.send'> =>
  async (scene) => {
    const { viewer, streamId } = await openRoom(scene, settings);
    return scene.call({ streamId, content }, { as: viewer });
  };

/** What is stored of a text, as its sender and everybody else sees it. */
const storedAs =
  (content: string, stored: string): Case<'chat.send'> =>
  async (scene) => {
    const { viewer, streamId } = await openRoom(scene);
    const answer = await scene.call({ streamId, content }, { as: viewer });
    expect(answer.data.content).toBe(stored);
    const { items } = await scene.test.services.chat.history(null, { streamId, limit: 1 });
    expect(items).toEqual([answer.data]);
    return answer;
  };

const everyMode: Settings = {
  slowModeSeconds: 30,
  isFollowersOnly: true,
  isTicketsOnly: true,
  areLinksAllowed: false,
  blockedTerms: ['Hello'],
  foldedTerms: ['hello'],
};

const exempt =
  (who: 'performer' | 'moderator' | 'admin'): Case<'chat.send'> =>
  async (scene) => {
    const { performer, streamId } = await openRoom(scene, everyMode);
    const { given } = scene;
    const callers = {
      performer: async () => performer,
      moderator: () => given.moderatorOf(performer),
      admin: () => given.admin(),
    };
    const as = await callers[who]();
    await scene.call({ streamId, content: 'hello example.com' }, { as });
    const answer = await scene.call({ streamId, content: 'hello example.com' }, { as });
    expect(answer.data.authorRole).toBe(who);
    return answer;
  };

contract('chat.send', {
  success: {
    'answers with the message as everybody sees it': async (scene) => {
      const { viewer, streamId } = await openRoom(scene);
      const { id, username, displayName } = viewer.user;
      const answer = await scene.call({ streamId, content: 'Good evening' }, { as: viewer });
      expect(answer.data).toEqual({
        id: expect.any(String),
        streamId,
        author: { id, username, displayName, avatarUrl: null, isVerified: false },
        authorRole: 'viewer',
        content: 'Good evening',
        mentions: [],
        replyTo: null,
        clientMessageId: null,
        createdAt: scene.test.clock.now().toISOString(),
        deletedAt: null,
      });
      return answer;
    },
    'finds whom it mentions, in whatever case, and leaves out whom there is not': async (scene) => {
      const { viewer, performer, streamId } = await openRoom(scene);
      const content = `@nobody_here @${performer.user.username.toUpperCase()} and @${viewer.user.username}`;
      const answer = await scene.call({ streamId, content }, { as: viewer });
      expect(answer.data.mentions).toEqual(
        [performer, viewer].map(({ user }) => ({ id: user.id, username: user.username })),
      );
      return answer;
    },
    'shows what it replies to': async (scene) => {
      const { viewer, performer, streamId } = await openRoom(scene);
      const original = await scene.call({ streamId, content: 'Requests?' }, { as: performer });
      const replyToId = original.data.id;
      const answer = await scene.call({ streamId, content: 'Satie', replyToId }, { as: viewer });
      expect(answer.data.replyTo).toEqual({
        id: replyToId,
        author: original.data.author,
        content: 'Requests?',
      });
      return answer;
    },
    'answers a retry with the message of the first time, even once the stream has ended': async (scene) => {
      const { viewer, performer, streamId } = await openRoom(scene);
      const clientMessageId = uuidv7();
      const first = await scene.call({ streamId, content: 'Once', clientMessageId }, { as: viewer });
      const identity = await scene.test.services.auth.authenticateAfresh(performer.accessToken);
      await scene.test.services.streams.end(identity, streamId);
      const answer = await scene.call({ streamId, content: 'Again', clientMessageId }, { as: viewer });
      expect(answer.data).toEqual(first.data);
      return answer;
    },
    'normalises text': storedAs('  Cafe\u0301 \t with\u00a0\u00a0milk ', 'Café with milk'),
    'keeps emoji that are joined': storedAs('👩‍👩‍👧 🎹', '👩‍👩‍👧 🎹'),
    'counts 500 code points, not units': storedAs('🎹'.repeat(500), '🎹'.repeat(500)),
    'takes piled-up marks down': storedAs(`z${'\u0335'.repeat(60)}`, `z${'\u0335'.repeat(4)}`),
    'takes out what turns the direction of text around': storedAs('left\u202eright', 'leftright'),
    'is open to a follower in a room for followers': async (scene) => {
      const { viewer, performerId, streamId } = await openRoom(scene, { isFollowersOnly: true });
      await scene.test.database.client
        .insert(follows)
        .values({ followerId: viewer.user.id, followedId: performerId });
      return scene.call({ streamId, content: 'Hello' }, { as: viewer });
    },
    'is open again when a timeout has passed': async (scene) => {
      const { viewer, performerId, streamId } = await openRoom(scene);
      const userId = viewer.user.id;
      const expiresAt = inSeconds(scene, 0);
      await scene.test.database.client
        .insert(roomRestrictions)
        .values({ performerId, userId, kind: 'timeout', expiresAt });
      return scene.call({ streamId, content: 'Hello' }, { as: viewer });
    },
    'is open to a ticket holder of a private stream': async (scene) => {
      const { given } = scene;
      const [performer, viewer] = [await given.performer(), await given.account()];
      const { id: streamId } = await given.stream(performer, { isPrivate: true, price: 500 });
      const [payerId, payeeId] = [viewer.user.id, performer.user.id];
      await given.payment({ type: 'private_show', payerId, payeeId, streamId });
      return scene.call({ streamId, content: 'Hello' }, { as: viewer });
    },
    'exempts the performer from every mode': exempt('performer'),
    'exempts moderators from every mode': exempt('moderator'),
    'exempts admins from every mode': exempt('admin'),
  },

  ACCESS_REQUIRED: {
    'with the price, without a ticket of a private stream': async ({ call, given }) => {
      const { id } = await given.stream(await given.performer(), { isPrivate: true, price: 1500 });
      const answer = await call({ streamId: id, content: 'Hello' }, { as: await given.account() });
      expect(answer.failure?.price).toEqual({ amount: 1500, currency: 'USD' });
      return answer;
    },
  },

  BANNED: {
    'for whom the performer has banned': async (scene) => {
      const { viewer, performerId, streamId } = await openRoom(scene);
      await scene.test.database.client
        .insert(roomRestrictions)
        .values({ performerId, userId: viewer.user.id, kind: 'ban' });
      return scene.call({ streamId, content: 'Hello' }, { as: viewer });
    },
  },

  TIMED_OUT: {
    'with the rest of the time': async (scene) => {
      const { viewer, performerId, streamId } = await openRoom(scene);
      const userId = viewer.user.id;
      const expiresAt = inSeconds(scene, 60);
      await scene.test.database.client
        .insert(roomRestrictions)
        .values({ performerId, userId, kind: 'timeout', expiresAt });
      const answer = await scene.call({ streamId, content: 'Hello' }, { as: viewer });
      expect(answer.failure?.retryAfterMs).toBe(60_000);
      return answer;
    },
  },

  SLOW_MODE: {
    'with the time until the next message may come': async (scene) => {
      const { viewer, streamId } = await openRoom(scene, { slowModeSeconds: 30 });
      await scene.call({ streamId, content: 'Hello' }, { as: viewer });
      scene.test.clock.advance(10);
      const answer = await scene.call({ streamId, content: 'Hello again' }, { as: viewer });
      expect(answer.failure?.retryAfterMs).toBe(20_000);
      scene.test.clock.advance(20);
      expect((await scene.call({ streamId, content: 'Now' }, { as: viewer })).failure).toBeUndefined();
      return answer;
    },
  },

  FOLLOWERS_ONLY: { 'for who does not follow': refusedText({ isFollowersOnly: true }, 'Hello') },
  TICKETS_ONLY: { 'for who holds no ticket': refusedText({ isTicketsOnly: true }, 'Hello') },
  LINKS_NOT_ALLOWED: { 'for a link': refusedText({ areLinksAllowed: false }, 'see example.com') },
  TERM_BLOCKED: {
    'for a term in whatever disguise': refusedText(
      { blockedTerms: ['Buy Followers'], foldedTerms: ['buy followers'] },
      'BÚY\u200b ｆollowers here',
    ),
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) =>
      call({ streamId: uuidv7(), content: 'Hello' }, { as: await given.account() }),
  },

  STREAM_NOT_LIVE: {
    'before it starts': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      return call({ streamId: id, content: 'Hello' }, { as: performer });
    },
    'once it has ended': async ({ call, given }) => {
      const { id } = await given.endedStream(await given.performer());
      return call({ streamId: id, content: 'Hello' }, { as: await given.account() });
    },
  },

  ACCOUNT_SUSPENDED: {
    'for whom another server knows as suspended': async (scene) => {
      const { viewer, streamId } = await openRoom(scene);
      await scene.test.services.auth.authenticate(viewer.accessToken);
      const suspendedAt = scene.test.clock.now().toISOString();
      await scene.test.database.client.update(users).set({ suspendedAt }).where(eq(users.id, viewer.user.id));
      return scene.call({ streamId, content: 'Hello' }, { as: viewer });
    },
  },

  VALIDATION_FAILED: {
    'for a reply to a message of another stream': async (scene) => {
      const [room, other] = [await openRoom(scene), await openRoom(scene)];
      const { id: replyToId } = await scene.given.storedMessage(other.stream, other.viewer);
      const { streamId, viewer } = room;
      const answer = await scene.call({ streamId, content: 'Hello', replyToId }, { as: viewer });
      expect(answer.failure?.errors).toEqual([
        { path: 'replyToId', message: 'is no message of this stream' },
      ]);
      return answer;
    },
    'for a reply to a deleted message': async (scene) => {
      const { stream, streamId, viewer } = await openRoom(scene);
      const deletion = { deletedAt: scene.test.clock.now().toISOString(), deletedById: viewer.user.id };
      const { id: replyToId } = await scene.given.storedMessage(stream, viewer, deletion);
      return scene.call({ streamId, content: 'Hello', replyToId }, { as: viewer });
    },
    'for a stream id that is none': async ({ call, given }) =>
      call({ streamId: 'live', content: 'Hello' }, { as: await given.account() }),
    ...invalidFields(
      async (given) => {
        const { id } = await given.stream(await given.performer());
        return { input: { streamId: id, content: 'Hello' }, as: await given.account() };
      },
      {
        content: [
          '',
          '  ',
          '🎹'.repeat(501),
          'a\u0000b',
          'a\u0007b',
          '\ud83c',
          '\u200b\u2060',
          '\u0301',
          null,
          5,
        ],
        clientMessageId: ['', 'two words', 'x'.repeat(129), null, 5],
        replyToId: ['1', null],
        authorId: [uuidv7()],
      },
    ),
  },

  RATE_LIMITED: {
    'for the 21st message of a viewer in 30 seconds, retries too': async (scene) => {
      const { viewer, streamId } = await openRoom(scene);
      const input = { streamId, content: 'Hello', clientMessageId: 'the-same' };
      for (let sent = 0; sent < 20; sent += 1) {
        expect((await scene.call(input, { as: viewer })).failure).toBeUndefined();
      }
      const answer = await scene.call(input, { as: viewer });
      const { retryAfterMs = 0 } = answer.failure ?? expect.fail();
      expect(retryAfterMs).toBeLessThanOrEqual(30_000);
      expect(answer.headers['retry-after']).toBe(String(Math.ceil(retryAfterMs / 1000)));
      // The rest of the window is each transport's own.
      const headers = { ...answer.headers, 'retry-after': '30' };
      return { ...answer, headers, failure: { ...(answer.failure ?? expect.fail()), retryAfterMs: 30_000 } };
    },
  },
});

contractWhere(
  { RATE_LIMIT_CHAT_PER_30_SECONDS: '2', RATE_LIMIT_CHAT_MODERATOR_PER_30_SECONDS: '4' },
  'chat.send',
  {
    success: {
      'lets a moderator send more than a viewer': async (scene) => {
        const { performer, streamId } = await openRoom(scene);
        const as = await scene.given.moderatorOf(performer);
        for (let sent = 0; sent < 3; sent += 1) await scene.call({ streamId, content: 'Hello' }, { as });
        return scene.call({ streamId, content: 'Hello' }, { as });
      },
    },
  },
);
