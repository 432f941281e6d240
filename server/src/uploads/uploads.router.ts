import { Id, Stream, UserProfile } from '@versbottomlex/shared';
import { z } from 'zod';
import { IncomingFile } from '../platform/incoming-file.js';
import { router } from '../trpc/init.js';
import { signedInProcedure } from '../trpc/procedures.js';

const PictureInput = z.strictObject({ id: Id, file: IncomingFile });
const NoPictureInput = z.strictObject({ id: Id });

/**
 * What takes a file, which tRPC's clients cannot send as JSON: served on REST only, by the same kinds of procedures as
 * everything else.
 */
export const uploadsRouter = router({
  setAvatar: signedInProcedure
    .meta({ openapi: { method: 'PUT', path: '/users/{id}/avatar' } })
    .input(PictureInput)
    .output(UserProfile)
    .mutation(({ ctx, input }) => ctx.services.pictures.setAvatar(ctx.identity, input.id, input.file)),

  removeAvatar: signedInProcedure
    .meta({ openapi: { method: 'DELETE', path: '/users/{id}/avatar' } })
    .input(NoPictureInput)
    .output(UserProfile)
    .mutation(({ ctx, input }) => ctx.services.pictures.removeAvatar(ctx.identity, input.id)),

  setThumbnail: signedInProcedure
    .meta({ openapi: { method: 'PUT', path: '/streams/{id}/thumbnail' } })
    .input(PictureInput)
    .output(Stream)
    .mutation(({ ctx, input }) => ctx.services.pictures.setThumbnail(ctx.identity, input.id, input.file)),

  removeThumbnail: signedInProcedure
    .meta({ openapi: { method: 'DELETE', path: '/streams/{id}/thumbnail' } })
    .input(NoPictureInput)
    .output(Stream)
    .mutation(({ ctx, input }) => ctx.services.pictures.removeThumbnail(ctx.identity, input.id)),
});
