/**
 * A limit that some procedures have beyond those of all calls: per address (`login`, `register`, `recovery`), per session
 * (`refresh`), or per user (`password`, `payout`, `tip`).
 */
export type LimitName = 'login' | 'register' | 'recovery' | 'refresh' | 'password' | 'payout' | 'tip';
