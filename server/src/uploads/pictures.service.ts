import type { Stream, UserProfile } from '@versbottomlex/shared';
import { type Identity, isSelfOrAdmin } from '../auth/identity.js';
import { onlyPerformer } from '../auth/room-refusals.js';
import { AppError } from '../platform/app-error.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { IncomingFile } from '../platform/incoming-file.js';
import type { StreamsService } from '../streams/streams.service.js';
import type { UsersService } from '../users/users.service.js';
import type { MediaService } from './media.service.js';
import type { PictureEncoder, PictureUse } from './picture-encoder.js';
import * as queries from './pictures.queries.js';
import { createReceiving } from './receiving.js';

type Deps = {
  database: Database;
  bus: EventBus;
  media: Pick<MediaService, 'keep' | 'discard'>;
  users: Pick<UsersService, 'get'>;
  streams: Pick<StreamsService, 'find'>;
  encoder: PictureEncoder;
  receiving?: ReturnType<typeof createReceiving>;
};

const noUser = () => new AppError('NOT_FOUND', { detail: 'There is no such user.' });
const noStream = () => new AppError('NOT_FOUND', { detail: 'There is no such stream.' });
const forbidden = () => new AppError('FORBIDDEN', { detail: 'Only the user and admins may do this.' });
const ended = () => new AppError('STREAM_ENDED', { detail: 'The stream has ended; it keeps its thumbnail.' });

/** Avatars and the thumbnails of streams. */
export const createPicturesService = (deps: Deps) => {
  const { database, bus, media, users, streams, encoder, receiving = createReceiving() } = deps;

  const receive = (userId: string, file: IncomingFile, use: PictureUse): Promise<Buffer> =>
    receiving.receive(userId, file, (path) => encoder.encode(path, use));

  /** Has `set` change the row, and removes the file that nobody has then: the one before, or the new one. */
  const replace = async (
    url: string | null,
    set: () => Promise<{ previousUrl: string | null } | undefined>,
  ): Promise<boolean> => {
    const replaced = await set();
    await media.discard([replaced ? replaced.previousUrl : url]);
    return replaced !== undefined;
  };

  const setAvatar = async (identity: Identity, id: string, url: string | null): Promise<UserProfile> => {
    const set = () => queries.setAvatar(database, { id, url, actorId: identity.userId });
    if (!(await replace(url, set))) throw noUser();
    bus.publish({ type: 'identityChanged', userId: id });
    return users.get(id);
  };

  const requireOwnStream = async (identity: Identity, id: string): Promise<Stream> => {
    const stream = await streams.find(id);
    if (!stream) throw noStream();
    if (!isSelfOrAdmin(identity, stream.performer.id)) throw onlyPerformer();
    return stream;
  };

  const setThumbnail = async (identity: Identity, id: string, url: string | null): Promise<Stream> => {
    const set = () => queries.setThumbnail(database, { id, url, actorId: identity.userId });
    if (!(await replace(url, set))) throw ended();
    bus.publish({ type: 'streamChanged', streamId: id });
    const stream = await streams.find(id);
    if (!stream) throw noStream();
    return stream;
  };

  return {
    /**
     * Makes the file the avatar of a user: 512 × 512 pixels. Throws FORBIDDEN, NOT_FOUND, PAYLOAD_TOO_LARGE,
     * UNSUPPORTED_MEDIA_TYPE, IMAGE_INVALID, VALIDATION_FAILED, OVERLOADED.
     */
    setAvatar: async (identity: Identity, id: string, file: IncomingFile): Promise<UserProfile> => {
      if (!isSelfOrAdmin(identity, id)) throw forbidden();
      await users.get(id);
      const bytes = await receive(identity.userId, file, 'avatar');
      return setAvatar(identity, id, await media.keep(id, bytes));
    },

    /** Throws FORBIDDEN, NOT_FOUND. */
    removeAvatar: async (identity: Identity, id: string): Promise<UserProfile> => {
      if (!isSelfOrAdmin(identity, id)) throw forbidden();
      return setAvatar(identity, id, null);
    },

    /**
     * Makes the file the thumbnail of a stream: 1280 × 720 pixels at most. Throws FORBIDDEN, NOT_FOUND, STREAM_ENDED and
     * what `setAvatar` throws of the file.
     */
    setThumbnail: async (identity: Identity, id: string, file: IncomingFile): Promise<Stream> => {
      const stream = await requireOwnStream(identity, id);
      if (stream.status === 'ended') throw ended();
      const bytes = await receive(identity.userId, file, 'thumbnail');
      return setThumbnail(identity, id, await media.keep(id, bytes));
    },

    /** Of a stream that has ended too. Throws FORBIDDEN, NOT_FOUND. */
    removeThumbnail: async (identity: Identity, id: string): Promise<Stream> => {
      await requireOwnStream(identity, id);
      return setThumbnail(identity, id, null);
    },
  };
};

export type PicturesService = ReturnType<typeof createPicturesService>;
