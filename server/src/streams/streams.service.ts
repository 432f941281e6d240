import type {
  CreateStreamInput,
  ListStreamsInput,
  ListUserStreamsInput,
  Stream,
  StreamPage,
  UpdateStreamInput,
} from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type Identity, isSelfOrAdmin } from '../auth/identity.js';
import { onlyPerformer } from '../auth/room-refusals.js';
import { AppError, invalidField } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import { decodeCursor, toPage } from '../platform/cursor.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { UsersService } from '../users/users.service.js';
import * as queries from './streams.queries.js';
import { listChangedStreams, listStreams, type StreamFilter } from './streams-list.queries.js';

const Place = z.tuple([z.uuid(), z.int32()]);
const placeOf = (stream: Stream) => [stream.id, stream.viewerCount] as const;

const afterCursor = (cursor: string | undefined): Pick<StreamFilter, 'after'> => {
  if (cursor === undefined) return {};
  const [id, viewerCount] = decodeCursor(cursor, Place);
  return { after: { id, viewerCount } };
};

/** Every word, or beginning of one, that must occur, quoted so that PostgreSQL splits it as it split the titles. */
const toWords = (text: string): string =>
  text
    .split(/\s+/)
    .map((word) => `'${word.replaceAll(/['\\]/g, '$&$&')}':*`)
    .join(' & ');

const notFound = () => new AppError('NOT_FOUND', { detail: 'There is no such stream.' });
const ended = () => new AppError('STREAM_ENDED', { detail: 'The stream has ended; create a new one.' });

type Deps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  users: Pick<UsersService, 'get' | 'becomePerformer'>;
  performerApproval: 'auto' | 'admin';
  /** Of every price. */
  currency: string;
};

/** Streams from their announcement to their end. A performer has at most one live stream, which the database holds. */
export const createStreamsService = (deps: Deps) => {
  const { database, bus, clock, logger, users, performerApproval, currency } = deps;

  const find = async (id: string): Promise<Stream | null> => (await queries.findStream(database, id)) ?? null;

  const get = async (id: string): Promise<Stream> => {
    const stream = await find(id);
    if (!stream) throw notFound();
    return stream;
  };

  const requireAccess = async (identity: Identity | null, stream: Stream): Promise<void> => {
    if (stream.price === null) return;
    if (identity) {
      if (isSelfOrAdmin(identity, stream.performer.id)) return;
      if (await queries.hasTicket(database, { streamId: stream.id, userId: identity.userId })) return;
    }
    if (stream.status === 'ended') {
      throw new AppError('ACCESS_REQUIRED', {
        detail: 'This private stream has ended; it opens to those who hold a ticket of it.',
      });
    }
    throw new AppError('ACCESS_REQUIRED', {
      detail: 'This stream is private; a ticket opens it.',
      price: { amount: stream.price, currency: stream.currency },
    });
  };

  const requireOwn = async (identity: Identity, id: string): Promise<Stream> => {
    const stream = await get(id);
    if (isSelfOrAdmin(identity, stream.performer.id)) return stream;
    throw onlyPerformer();
  };

  /** Where performers are approved automatically, whoever streams is one. */
  const requirePerformer = async (identity: Identity): Promise<void> => {
    if (identity.role === 'admin') return;
    if (identity.role === 'viewer' && performerApproval === 'auto') {
      await users.becomePerformer(identity, identity.userId).catch((error: unknown) => {
        if (!(error instanceof AppError && error.code === 'ALREADY_A_PERFORMER')) throw error;
      });
      return;
    }
    if (identity.role === 'viewer') {
      throw new AppError('NOT_A_PERFORMER', {
        detail: 'Ask to perform first: POST /api/users/{id}/performer.',
      });
    }
    if (!identity.isVerified) {
      throw new AppError('NOT_VERIFIED', {
        detail: 'An admin verifies performers: POST /api/users/{id}/verify.',
      });
    }
  };

  const requireFuture = (scheduledStartAt: string | undefined) => {
    if (scheduledStartAt !== undefined && new Date(scheduledStartAt) <= clock.now()) {
      throw invalidField('scheduledStartAt', 'must lie in the future');
    }
  };

  const changed = (streamId: string): Promise<Stream> => {
    bus.publish({ type: 'streamChanged', streamId });
    return get(streamId);
  };

  return {
    /** Public streams only. Throws VALIDATION_FAILED for a foreign cursor. */
    list: async (input: ListStreamsInput): Promise<StreamPage> => {
      const { sort, limit, cursor, q, ...filter } = input;
      const words = q === undefined ? undefined : toWords(q);
      const rows = await listStreams(database, sort, limit + 1, { ...filter, words, ...afterCursor(cursor) });
      return toPage(rows, limit, placeOf);
    },

    /** Public streams that changed after `since`, oldest change first, at most `limit`. */
    listChanged: (since: string, limit: number): Promise<Stream[]> =>
      listChangedStreams(database, { since, limit }),

    /** Public streams of a user in any status. Throws NOT_FOUND for an unknown or deleted user. */
    listOfUser: async (input: ListUserStreamsInput): Promise<StreamPage> => {
      const filter = { performerId: input.id, ...afterCursor(input.cursor) };
      const [rows] = await Promise.all([
        listStreams(database, 'newest', input.limit + 1, filter),
        users.get(input.id),
      ]);
      return toPage(rows, input.limit, placeOf);
    },

    /** Throws NOT_FOUND; ACCESS_REQUIRED with the price for a private stream that the caller has no ticket for. */
    get: async (identity: Identity | null, id: string): Promise<Stream> => {
      const stream = await get(id);
      await requireAccess(identity, stream);
      return stream;
    },

    /** The stream, whoever asks; null when there is none. For callers that check access themselves. */
    find,

    /** Throws ACCESS_REQUIRED, with the price, unless the caller may enter: anybody a public stream. */
    requireAccess,

    /** For whom a statement has refused: throws ACCESS_REQUIRED with the price, as `get` does, or whatever `get` throws. */
    refuseAccess: async (identity: Identity, id: string): Promise<never> => {
      await requireAccess(identity, await get(id));
      // The ticket came meanwhile; what was asked for was not done all the same.
      throw new AppError('ACCESS_REQUIRED');
    },

    /** Throws NOT_A_PERFORMER, NOT_VERIFIED, ALREADY_LIVE, VALIDATION_FAILED for a schedule in the past. */
    create: async (identity: Identity, input: CreateStreamInput): Promise<Stream> => {
      requireFuture(input.scheduledStartAt);
      await requirePerformer(identity);
      const isLive = input.startNow ?? input.scheduledStartAt === undefined;
      const stream: queries.NewStream = {
        id: uuidv7(),
        performerId: identity.userId,
        title: input.title,
        description: input.description,
        category: input.category ?? null,
        tags: input.tags,
        status: isLive ? 'live' : 'scheduled',
        isPrivate: input.isPrivate,
        price: input.price ?? null,
        currency,
        scheduledStartAt: input.scheduledStartAt ?? null,
        startedAt: isLive ? clock.now().toISOString() : null,
      };
      if (!(await queries.insertStream(database, stream))) throw new AppError('SESSION_REVOKED');
      logger.info('Stream created', { streamId: stream.id, userId: identity.userId, status: stream.status });
      return changed(stream.id);
    },

    /**
     * Throws FORBIDDEN, NOT_FOUND, STREAM_ENDED; STREAM_LIVE for price, privacy or schedule of a live stream, TICKETS_SOLD
     * for privacy or schedule of a show that somebody holds a ticket of.
     */
    update: async (identity: Identity, input: UpdateStreamInput): Promise<Stream> => {
      const { id, price, ...rest } = input;
      const before = await requireOwn(identity, id);
      if (before.status === 'ended') throw ended();
      requireFuture(input.scheduledStartAt);
      const changes: queries.StreamChanges = { ...rest, ...(price !== undefined && { priceAmount: price }) };
      if (Object.values(changes).every((value) => value === undefined)) return before;
      const changesTerms = [price, input.isPrivate, input.scheduledStartAt].some(
        (value) => value !== undefined,
      );
      if (!(await queries.updateStream(database, id, changes, changesTerms))) {
        throw (await get(id)).status === 'ended'
          ? ended()
          : new AppError('STREAM_LIVE', {
              detail: 'Price, privacy and schedule cannot change while the stream is live.',
            });
      }
      return changed(id);
    },

    /** Throws FORBIDDEN, NOT_FOUND, STREAM_LIVE, STREAM_ENDED, ALREADY_LIVE. */
    start: async (identity: Identity, id: string): Promise<Stream> => {
      await requireOwn(identity, id);
      if (!(await queries.startStream(database, { id, now: clock.now().toISOString() }))) {
        throw (await get(id)).status === 'ended' ? ended() : new AppError('STREAM_LIVE');
      }
      logger.info('Stream started', { streamId: id });
      return changed(id);
    },

    /** Ends it, or finds it ended: the answer is the same. Throws FORBIDDEN, NOT_FOUND. */
    end: async (identity: Identity, id: string): Promise<Stream> => {
      await requireOwn(identity, id);
      const ending = { id, actorId: identity.userId, now: clock.now().toISOString() };
      if (!(await queries.endStream(database, ending))) return get(id);
      logger.info('Stream ended', { streamId: id });
      return changed(id);
    },

    /** Ends a stream that was due before `dueBefore` and has not begun; any other stays as it is. */
    endOverdue: async (id: string, dueBefore: string): Promise<void> => {
      if (!(await queries.endOverdueStream(database, { id, dueBefore, now: clock.now().toISOString() })))
        return;
      logger.info('Stream ended, because it did not begin in time', { streamId: id });
      bus.publish({ type: 'streamChanged', streamId: id });
    },
  };
};

export type StreamsService = ReturnType<typeof createStreamsService>;
