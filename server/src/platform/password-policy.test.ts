import { expect, it } from 'vitest';
import { AppError } from './app-error.js';
import { requireUncommonPassword } from './password-policy.js';

const owner = { username: 'Ava_Live', email: 'ava.live@Example.com' };

const refusalOf = (password: string): unknown => {
  try {
    requireUncommonPassword('newPassword', password, owner);
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error.errors : error;
  }
};

it.each(['password', '12345678', 'PassWord', 'qwertyuiop', 'iloveyou'])(
  'refuses %s, which everyone has',
  (password) => {
    expect(refusalOf(password)).toEqual([
      { path: 'newPassword', message: 'is one of the commonest passwords' },
    ]);
  },
);

it.each(['ava_live', 'AVA_LIVE', 'ava.live@example.com', 'Ava.Live', 'ava.live'.normalize('NFD')])(
  'refuses %s, which the owner is called',
  (password) => {
    expect(refusalOf(password)).toEqual([{ path: 'newPassword', message: 'is your name or e-mail address' }]);
  },
);

it.each(['correct horse battery', 'password-of-mine-42', 'ava_live_sings_at_night', 'пароль от дома'])(
  'accepts %s',
  (password) => {
    expect(refusalOf(password)).toBeUndefined();
  },
);
