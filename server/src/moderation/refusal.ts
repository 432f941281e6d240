import { AppError, invalidField } from '../platform/app-error.js';
import type { Refusal } from './act.queries.js';

/** What the caller is told for each reason why nothing was done. */
const errors: Record<Refusal, () => AppError> = {
  not_found: () => new AppError('NOT_FOUND', { detail: 'There is no such stream.' }),
  user_not_found: () => new AppError('NOT_FOUND', { detail: 'There is no such user.' }),
  message_not_found: () =>
    new AppError('NOT_FOUND', { detail: 'There is no such message in this stream, or it is gone.' }),
  forbidden: () => new AppError('FORBIDDEN', { detail: 'Only those who moderate these rooms may do this.' }),
  protected: () =>
    new AppError('FORBIDDEN', {
      detail: 'The performer and admins cannot be restricted, nor moderators by each other.',
    }),
  oneself: () => invalidField('userId', 'must be somebody else'),
  restricted: () =>
    new AppError('CONFLICT', {
      detail: 'This user is banned or timed out here; lift that first.',
    }),
};

/** The error that tells a refusal. */
export const refused = (refusal: Refusal): AppError => errors[refusal]();
