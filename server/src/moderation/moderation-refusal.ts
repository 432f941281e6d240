import { onlyModerators } from '../auth/room-refusals.js';
import { AppError, invalidField } from '../platform/app-error.js';
import type { Refusal } from './moderation-acts.queries.js';

/** What the caller is told for each reason why nothing was done. */
const errors: Record<Exclude<Refusal, 'forbidden'>, () => AppError> = {
  not_found: () => new AppError('NOT_FOUND', { detail: 'There is no such stream.' }),
  user_not_found: () => new AppError('NOT_FOUND', { detail: 'There is no such user.' }),
  message_not_found: () =>
    new AppError('NOT_FOUND', { detail: 'There is no such message in this stream, or it is gone.' }),
  protected: () =>
    new AppError('FORBIDDEN', {
      detail: 'The performer and admins cannot be restricted, nor moderators by each other.',
    }),
  oneself: () => invalidField('userId', 'must be somebody else'),
  restricted: () =>
    new AppError('CONFLICT', {
      detail: 'This user is banned or timed out in these rooms; lift that before you appoint them.',
    }),
};

/** The error that tells a refusal; `forbidden` is that of an act which is not for every moderator. */
export const refused = (refusal: Refusal, forbidden = onlyModerators): AppError =>
  refusal === 'forbidden' ? forbidden() : errors[refusal]();
