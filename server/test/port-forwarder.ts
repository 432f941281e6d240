import { connect, createServer, type Socket } from 'node:net';

export type PortForwarder = {
  port: number;
  /** The loopback port that new connections are passed on to. */
  target: number;
  /** Accepts connections and passes nothing on. */
  isSilent: boolean;
  dropConnections(): void;
  /** Passes nothing on any more over the connections that there are, and tells neither side. */
  freezeConnections(): void;
  close(): Promise<void>;
};

/** A loopback port that stands before a server, so that a test can cut, silence or redirect its connections. */
export const createPortForwarder = async (): Promise<PortForwarder> => {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const server = createServer((inbound) => {
    keep(inbound);
    if (forwarder.isSilent) return;
    const outbound = connect(forwarder.target, '127.0.0.1');
    keep(outbound);
    inbound.pipe(outbound).pipe(inbound);
    inbound.on('close', () => outbound.destroy());
    outbound.on('close', () => inbound.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const forwarder: PortForwarder = {
    port: (server.address() as { port: number }).port,
    target: 0,
    isSilent: false,
    dropConnections: () => {
      for (const socket of sockets) socket.destroy();
    },
    freezeConnections: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: () => {
      forwarder.dropConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return forwarder;
};
