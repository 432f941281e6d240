import {
  CreateStreamInput,
  DirectoryEvent,
  EndStreamInput,
  GetStreamInput,
  ListStreamsInput,
  OnDirectoryInput,
  OnEventInput,
  RoomEvent,
  StartStreamInput,
  Stream,
  StreamPage,
  UpdateStreamInput,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { publicProcedure, signedInProcedure } from '../trpc/procedures.js';

const tags = ['streams'];

export const streamsRouter = router({
  list: publicProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/streams',
        tags,
        summary: 'List streams',
        description: 'Public streams, live ones by default. `newest` is stable while streams come and go.',
      },
      errors: ['VALIDATION_FAILED'],
      isShared: true,
    })
    .input(ListStreamsInput)
    .output(StreamPage)
    .query(({ ctx, input }) => ctx.services.streams.list(input)),

  create: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/streams',
        tags,
        summary: 'Create a stream',
        description: 'Live at once, or scheduled. For verified performers and admins.',
      },
      successStatus: 201,
      errors: ['NOT_A_PERFORMER', 'NOT_VERIFIED', 'ALREADY_LIVE', 'VALIDATION_FAILED'],
    })
    .input(CreateStreamInput)
    .output(Stream)
    .mutation(({ ctx, input }) => ctx.services.streams.create(ctx.identity, input)),

  get: publicProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/streams/{id}',
        tags,
        summary: 'Get a stream',
        description: 'A private one is for its performer, admins and ticket holders; others hear its price.',
      },
      errors: ['ACCESS_REQUIRED', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(GetStreamInput)
    .output(Stream)
    .query(({ ctx, input }) => ctx.services.streams.get(ctx.identity, input.id)),

  update: signedInProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/streams/{id}',
        tags,
        summary: 'Update a stream',
        description:
          'Only what is given changes. Price, privacy and schedule are fixed while the stream is live, privacy and schedule also while tickets of it are sold and not refunded. Another price is for tickets that are sold from then on.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'STREAM_LIVE', 'STREAM_ENDED', 'TICKETS_SOLD', 'VALIDATION_FAILED'],
    })
    .input(UpdateStreamInput)
    .output(Stream)
    .mutation(({ ctx, input }) => ctx.services.streams.update(ctx.identity, input)),

  start: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/streams/{id}/start',
        tags,
        summary: 'Start a scheduled stream',
        description: 'At most one stream of a performer is live at a time.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'STREAM_LIVE', 'STREAM_ENDED', 'ALREADY_LIVE', 'VALIDATION_FAILED'],
    })
    .input(StartStreamInput)
    .output(Stream)
    .mutation(({ ctx, input }) => ctx.services.streams.start(ctx.identity, input.id)),

  end: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/streams/{id}',
        tags,
        summary: 'End a stream',
        description:
          'It stays readable. Ending it again gives the same answer. What its tickets brought goes to the performer; if the show never began, every ticket is refunded instead.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(EndStreamInput)
    .output(Stream)
    .mutation(({ ctx, input }) => ctx.services.streams.end(ctx.identity, input.id)),

  /** The live feed of a stream: a snapshot, then everything that happens. */
  onEvent: publicProcedure
    .meta({ events: RoomEvent, isSocketOnly: true, errors: ['ACCESS_REQUIRED', 'BANNED', 'NOT_FOUND'] })
    .input(OnEventInput)
    .subscription(({ ctx, input, signal }) =>
      ctx.services.live.follow<RoomEvent>(ctx, signal, input, input.kinds),
    ),

  /** What went live, changed or ended, for a home page. */
  onDirectory: publicProcedure
    .meta({ events: DirectoryEvent, isSocketOnly: true, errors: [] })
    .input(OnDirectoryInput)
    .subscription(({ ctx, input, signal }) => ctx.services.live.followDirectory(signal, input)),
});
