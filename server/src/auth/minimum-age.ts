import { AppError, invalidField } from '../platform/app-error.js';

/** Nobody is older; who says so has mistyped. */
const AGE_MAX = 120;

const DAY_MS = 86_400_000;

/**
 * When somebody born on this day has this age: that day of its year, in UTC; for the 29th of February, in a year that
 * has none, the 1st of March.
 */
const birthdayOf = (birthDate: string, age: number): number => {
  const [year = 0, month = 0, day = 0] = birthDate.split('-').map(Number);
  return Date.UTC(year + age, month - 1, day);
};

/**
 * Holds a birth date (ISO 8601) against the age that the site asks for, in years; 0 asks for none, and then none need be
 * given. Throws VALIDATION_FAILED for one that is missing or nobody's, and TOO_YOUNG.
 */
export const requireAge = (birthDate: string | undefined, minimumAge: number, now: Date): void => {
  if (birthDate === undefined) {
    if (minimumAge > 0) throw invalidField('birthDate', 'is needed on this site');
    return;
  }
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  if (birthdayOf(birthDate, 0) > today) throw invalidField('birthDate', 'lies in the future');
  if (birthdayOf(birthDate, AGE_MAX + 1) <= today) {
    throw invalidField('birthDate', `lies more than ${AGE_MAX} years back`);
  }
  if (birthdayOf(birthDate, minimumAge) > today) {
    throw new AppError('TOO_YOUNG', { detail: `This site is for people from ${minimumAge} years on.` });
  }
};
