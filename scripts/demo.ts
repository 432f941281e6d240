import { TRPCClientError } from '@trpc/client';
import { createClient } from '@versbottomlex/shared/client';
import { DEMO_PASSWORD, demoEmail } from '../server/src/demo/demo-data.js';

/** Walks through the API with the typed client against the running server, printing each step. */
const url = process.env.PUBLIC_URL ?? `http://localhost:${process.env.PORT ?? 3000}`;
const say = (line: string) => process.stdout.write(`${line}\n`);

const codeOf = (error: unknown): unknown =>
  error instanceof TRPCClientError ? error.data?.appCode : undefined;

/** Signs in, or registers on the first run. */
const enter = async (username: string) => {
  const api = createClient({ url });
  const account = { username, email: demoEmail(username), password: DEMO_PASSWORD };
  try {
    const { user } = await api.auth.register.mutate(account);
    say(`${user.username} registered`);
    return { api, user };
  } catch (error) {
    if (codeOf(error) !== 'EMAIL_TAKEN' && codeOf(error) !== 'USERNAME_TAKEN') throw error;
    const { user } = await api.auth.login.mutate({ email: account.email, password: DEMO_PASSWORD });
    say(`${user.username} signed in`);
    return { api, user };
  }
};

const demo = async () => {
  say(`Talking to ${url}\n`);
  const performer = await enter('demo_performer');
  const viewer = await enter('demo_viewer');

  const own = await performer.api.users.listStreams.query({ id: performer.user.id });
  for (const left of own.items.filter(({ status }) => status !== 'ended')) {
    await performer.api.streams.end.mutate({ id: left.id });
    say(`"${left.title}" of an earlier run ended`);
  }

  const stream = await performer.api.streams.create.mutate({ title: 'Hello from the demo', tags: ['demo'] });
  say(`${performer.user.username} is live with "${stream.title}" (${stream.id})`);

  const { items } = await viewer.api.streams.list.query({ tag: 'demo' });
  say(
    `${viewer.user.username} sees ${items.length} live: ${items.map(({ title }) => `"${title}"`).join(', ')}`,
  );

  const seen = await viewer.api.streams.get.query({ id: stream.id });
  say(`${viewer.user.username} opens it: by ${seen.performer.displayName}, ${seen.viewerCount} watching`);

  const refused = await viewer.api.streams.end.mutate({ id: stream.id }).catch(codeOf);
  say(`${viewer.user.username} may not end it: ${refused}`);

  const ended = await performer.api.streams.end.mutate({ id: stream.id });
  say(`${performer.user.username} ends it: ${ended.status} at ${ended.endedAt}`);

  const after = await viewer.api.streams.list.query({ tag: 'demo' });
  say(`${viewer.user.username} sees ${after.items.length} live`);
};

demo().catch((error: unknown) => {
  const isAway = error instanceof TRPCClientError && error.data === undefined;
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    isAway ? `No server answers on ${url}; run npm start in another terminal.\n` : `${text}\n`,
  );
  process.exit(1);
});
