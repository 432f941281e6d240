import {
  ChatMessage,
  ClearChatInput,
  Done,
  GetRoomSettingsInput,
  LiftRestrictionInput,
  ListRestrictionsInput,
  PinMessageInput,
  Restriction,
  RestrictionPage,
  RestrictViewerInput,
  RoomSettings,
  UnpinMessageInput,
  UpdateRoomSettingsInput,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { signedInProcedure } from '../trpc/procedures.js';

const tags = ['moderation'];

export const moderationRouter = router({
  getSettings: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/streams/{streamId}/moderation/settings',
        tags,
        summary: 'Get the settings of a room',
        description: 'The modes and the blocked terms of all rooms of the performer. For those who moderate.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(GetRoomSettingsInput)
    .output(RoomSettings)
    .query(({ ctx, input }) => ctx.services.moderation.getSettings(ctx.identity, input.streamId)),

  updateSettings: signedInProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/streams/{streamId}/moderation/settings',
        tags,
        summary: 'Update the settings of a room',
        description:
          'Only what is given changes, in all rooms of the performer. For those who moderate, who need not meet the modes.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(UpdateRoomSettingsInput)
    .output(RoomSettings)
    .mutation(({ ctx, input }) => ctx.services.moderation.updateSettings(ctx.identity, input)),

  restrict: signedInProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/streams/{streamId}/moderation/restrictions/{userId}',
        tags,
        summary: 'Time out or ban a viewer',
        description:
          'In all rooms of the performer, instead of what the user has now. Who is timed out cannot write for `seconds`, at most 14 days; who is banned can neither write nor follow the chat until that is lifted. For those who moderate; the performer and admins cannot be restricted, nor moderators by each other.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(RestrictViewerInput)
    .output(Restriction)
    .mutation(({ ctx, input }) => ctx.services.moderation.restrict(ctx.identity, input)),

  lift: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/streams/{streamId}/moderation/restrictions/{userId}',
        tags,
        summary: 'Lift a timeout or a ban',
        description: 'Where nothing is in force, nothing changes. For those who moderate.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(LiftRestrictionInput)
    .output(Done)
    .mutation(({ ctx, input }) => ctx.services.moderation.lift(ctx.identity, input)),

  listRestrictions: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/streams/{streamId}/moderation/restrictions',
        tags,
        summary: 'List who is timed out or banned',
        description: 'What is in force in the rooms of the performer, newest first. For those who moderate.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(ListRestrictionsInput)
    .output(RestrictionPage)
    .query(({ ctx, input }) => ctx.services.moderation.listRestrictions(ctx.identity, input)),

  pin: signedInProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/streams/{streamId}/pinned-message',
        tags,
        summary: 'Pin a message',
        description: 'Instead of the one that is pinned. For those who moderate.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(PinMessageInput)
    .output(ChatMessage)
    .mutation(({ ctx, input }) => ctx.services.moderation.pin(ctx.identity, input)),

  unpin: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/streams/{streamId}/pinned-message',
        tags,
        summary: 'Unpin the message',
        description: 'Where none is pinned, nothing changes. For those who moderate.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(UnpinMessageInput)
    .output(Done)
    .mutation(({ ctx, input }) => ctx.services.moderation.unpin(ctx.identity, input.streamId)),

  clear: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/streams/{streamId}/moderation/clear',
        tags,
        summary: 'Clear the chat',
        description:
          'Takes every message so far out of the chat, the pinned one too. For those who moderate.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(ClearChatInput)
    .output(Done)
    .mutation(({ ctx, input }) => ctx.services.moderation.clear(ctx.identity, input.streamId)),
});
