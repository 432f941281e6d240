/**
 * A limit that some procedures have beyond those of all calls: per address (`login`, `register`, `recovery`) or per user
 * (`password`, `payout`, `tip`).
 */
export type LimitName = 'login' | 'register' | 'recovery' | 'password' | 'payout' | 'tip';
