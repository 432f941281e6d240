import { type KnownThings, PASSWORD } from './known-things.js';
import type { Random } from './random.js';
import type { Sender } from './send.js';

/** Who sends requests: guests without a token, and accounts that are replaced when a request has ended them. */
export type Actor = { token: string | undefined; renew(): Promise<void> };

export type Role = 'guest' | 'viewer' | 'performer' | 'admin';

/** Makes an account an admin's, which no request can. */
export type Promote = (username: string) => Promise<void>;

type SignedIn = { user: { id: string; username: string }; accessToken: string };

const json = { 'content-type': 'application/json' };

/** An actor of a role, with an account that is made when it is first renewed. */
export const createActor = (
  role: Role,
  deps: { sender: Sender; random: Random; things: KnownThings; promote: Promote },
): Actor => {
  const { sender, random, things, promote } = deps;
  const actor: Actor = {
    token: undefined,
    renew: async () => {
      if (role === 'guest') return;
      const username = `fuzzer_${random.below(2 ** 32).toString(36)}_${Date.now().toString(36)}`;
      const email = things.knownFor('').newEmail(random);
      const body = JSON.stringify({ username, email, password: PASSWORD });
      const answer = await sender.send({ method: 'POST', path: '/api/auth/register', headers: json, body });
      if (answer.status !== 201) throw new Error(`no account: ${answer.status} ${answer.text}`);
      const { user, accessToken }: SignedIn = JSON.parse(answer.text);
      things.learn('/users', answer.text);
      actor.token = accessToken;
      const headers = { authorization: `Bearer ${accessToken}` };
      const post = (path: string, fields?: object) =>
        sender.send({
          method: 'POST',
          path,
          headers: fields ? { ...headers, ...json } : headers,
          body: fields && JSON.stringify(fields),
        });
      await post('/api/payments/top-up', { amount: 50_000 });
      if (role === 'performer') {
        await post(`/api/users/${user.id}/performer`);
        things.learn('/streams', (await post('/api/streams', { title: 'A stream of the fuzzer' })).text);
      }
      if (role === 'admin') await promote(username);
    },
  };
  return actor;
};
