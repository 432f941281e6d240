import { isDeepStrictEqual } from 'node:util';
import { TRPCClientError } from '@trpc/client';
import { readEnvironment } from '../server/src/config.js';
import { DEMO_PASSWORD, demoEmail } from '../server/src/demo/demo-logins.js';
import { createPerson, watchStream } from './demo-viewer.js';

/** Walks through the API with the typed client against the running server, live chat included, printing each step. */
const environment = readEnvironment();
// What is empty has its default, as for the server.
const url = environment.PUBLIC_URL || `http://localhost:${environment.PORT || 3000}`;
const NAME_WIDTH = 'demo_performer'.length;
const write = (line: string) => process.stdout.write(`${line}\n`);
const step = (title: string) => write(`\n${title}`);
/** `who` does something, told in the same column for everybody. */
const say = (who: string, what: string) => write(`  ${who.padEnd(NAME_WIDTH)}  ${what}`);

const codeOf = (error: unknown): unknown =>
  error instanceof TRPCClientError ? error.data?.appCode : undefined;

const ending = new AbortController();

/** Signs in, or registers on the first run. */
const enter = async (username: string) => {
  const { api, connection } = createPerson(url, ending.signal);
  const account = { username, email: demoEmail(username), password: DEMO_PASSWORD };
  try {
    const { user } = await api.auth.register.mutate(account);
    say(username, 'registered');
    return { api, connection, user };
  } catch (error) {
    if (codeOf(error) !== 'EMAIL_TAKEN' && codeOf(error) !== 'USERNAME_TAKEN') throw error;
    const { user } = await api.auth.login.mutate({ email: account.email, password: DEMO_PASSWORD });
    say(username, 'signed in');
    return { api, connection, user };
  }
};
type Person = Awaited<ReturnType<typeof enter>>;

const endEarlierStreams = async ({ api, user }: Person) => {
  const own = await api.users.listStreams.query({ id: user.id });
  for (const left of own.items.filter(({ status }) => status !== 'ended')) {
    await api.streams.end.mutate({ id: left.id });
    say(user.username, `ended "${left.title}" of an earlier run`);
  }
};

const watch = async ({ api, user }: Person, streamId: string) => {
  const viewer = watchStream(api, streamId, ({ id, text }) => say(user.username, `sees ${id}  ${text}`));
  await viewer.hasSeen(1);
  return viewer;
};

const send = ({ api, user }: Person, streamId: string, content: string) => {
  say(user.username, `says "${content}"`);
  return api.chat.send.mutate({ streamId, content });
};

const demo = async () => {
  write(`Talking to ${url}`);

  step('Three people come in');
  const performer = await enter('demo_performer');
  const viewer = await enter('demo_viewer');
  const friend = await enter('demo_friend');
  await endEarlierStreams(performer);

  step('One of them goes live');
  const stream = await performer.api.streams.create.mutate({ title: 'Hello from the demo', tags: ['demo'] });
  say('demo_performer', `is live with "${stream.title}" (${stream.id})`);
  const { items } = await viewer.api.streams.list.query({ tag: 'demo' });
  say('demo_viewer', `lists what is live: ${items.map(({ title }) => `"${title}"`).join(', ')}`);
  const refused = await viewer.api.streams.end.mutate({ id: stream.id }).catch(codeOf);
  say('demo_viewer', `may not end it: ${refused}`);

  step('The others watch, each over a WebSocket of their own');
  const viewers = await watch(viewer, stream.id);
  const friends = await watch(friend, stream.id);

  step('They chat');
  await send(performer, stream.id, 'Welcome, both of you!');
  await Promise.all([viewers.hasSeen(2), friends.hasSeen(2)]);
  await send(viewer, stream.id, 'Hi! Play us something.');
  await Promise.all([viewers.hasSeen(3), friends.hasSeen(3)]);

  step('The connection of demo_friend is cut, and the others go on');
  await friend.connection.cut();
  const before = friends.seen.length;
  const lines = ['This one is new.', 'I wrote it last night.', 'Where has demo_friend gone?'];
  for (const [index, line] of lines.entries()) {
    await send(index === 2 ? viewer : performer, stream.id, line);
    await viewers.hasSeen(before + index + 1);
  }
  const missed = viewers.seen.slice(before);
  say('demo_friend', `has seen none of these ${missed.length}`);

  step('The connection works again; demo_friend’s client comes back by itself');
  friend.connection.mend();
  await friends.hasSeen(before + missed.length);
  await send(friend, stream.id, 'Back! It sounds great.');
  await Promise.all([viewers.hasSeen(before + 4), friends.hasSeen(before + 4)]);
  if (!isDeepStrictEqual(friends.seen.slice(1), viewers.seen.slice(1)))
    throw new Error('Something was missed.');
  say(
    '',
    `Nothing was missed: both have seen the same ${friends.seen.length - 1} messages, in order, once each.`,
  );

  step('A tip is paid before the room hears of it');
  await viewer.api.payments.topUp.mutate({ amount: 5000 });
  say('demo_viewer', 'puts 50.00 into the wallet');
  const { balance } = await viewer.api.payments.tip.mutate({
    streamId: stream.id,
    amount: 500,
    message: 'Bravo!',
  });
  say('demo_viewer', `tips 5.00 and has ${(balance / 100).toFixed(2)} left`);
  await Promise.all([viewers.hasSeen(before + 5), friends.hasSeen(before + 5)]);

  step('It ends');
  const ended = await performer.api.streams.end.mutate({ id: stream.id });
  say('demo_performer', `ends it: ${ended.status} at ${ended.endedAt}`);
  await Promise.all([viewers.hasSeen(before + 6), friends.hasSeen(before + 6)]);
  const after = await viewer.api.streams.list.query({ tag: 'demo' });
  say('demo_viewer', `lists what is live: ${after.items.length} streams`);
};

demo()
  .catch((error: unknown) => {
    const isAway = error instanceof TRPCClientError && error.data === undefined;
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      isAway ? `No server answers on ${url}; run npm start in another terminal.\n` : `${text}\n`,
    );
    process.exitCode = 1;
  })
  .finally(() => ending.abort());
