import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { closeConnectionsWhenStopping } from './draining.js';

it('does not wait for the rest of a request that never comes', async () => {
  const app = Fastify();
  closeConnectionsWhenStopping(app, 50);
  app.post('/', async () => 'never');
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  const closed = once(socket, 'close');
  const arrived = once(app.server, 'request');
  socket.write(
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  );
  await arrived;
  await app.close();
  await closed;
  expect(app.server.listening).toBe(false);
});
