import type { SignedIn } from '@versbottomlex/shared';
import type { BenchServer } from './bench-server.js';

export const PASSWORD = 'a passphrase of the benchmarks';

/** Registers an account. */
export const signUp = async (server: BenchServer, username: string): Promise<SignedIn> => {
  const response = await fetch(`${server.url}/api/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, email: `${username}@example.com`, password: PASSWORD }),
  });
  if (response.status !== 201) throw new Error(`Registration answered ${response.status}.`);
  return (await response.json()) as SignedIn;
};
