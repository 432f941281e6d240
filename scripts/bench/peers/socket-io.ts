import { Server } from 'socket.io';
import { startPostEndpoint } from './post-endpoint.js';

/** A room of Socket.IO, over WebSocket alone and without compression, its default. */
const ROOM = 'room';

const server = startPostEndpoint((body) => {
  io.to(ROOM).emit('event', JSON.parse(body.toString()));
});
const io = new Server(server, { transports: ['websocket'], serveClient: false });
io.on('connection', (socket) => socket.join(ROOM));
