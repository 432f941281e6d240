import { WebSocket, WebSocketServer } from 'ws';
import { startPostEndpoint } from './post-endpoint.js';

/** The least that a broadcast can do: what was posted, as it is, to every socket. */
const server = startPostEndpoint((body) => {
  for (const client of wss.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(body, { binary: false });
  }
});
const wss = new WebSocketServer({ server });
