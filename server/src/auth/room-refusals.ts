import { AppError } from '../platform/app-error.js';

/** For whoever has no part in a performer's rooms but watching. Like its neighbours, one wording for every feature. */
export const onlyModerators = (): AppError =>
  new AppError('FORBIDDEN', { detail: 'Only the performer, their moderators and admins may do this.' });

/** For everybody else, moderators too. */
export const onlyPerformer = (): AppError =>
  new AppError('FORBIDDEN', { detail: 'Only the performer and admins may do this.' });

export const banned = (): AppError =>
  new AppError('BANNED', {
    detail: 'You are banned from this room; you can come back when a moderator lifts the ban.',
  });
