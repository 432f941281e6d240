import { connect, type Socket } from 'node:net';

/** What the driver tells of where to connect to; a URL names one server. */
type Destination = { host: string[]; port: number[]; path?: string | false };

const bytesOf = (socket: Socket): number => socket.bytesRead + socket.bytesWritten;

/**
 * Opens the driver's connections, and closes those that hang. When a server vanishes without a word, its connections
 * would keep their places in the pool until TCP gives up on them, which takes a quarter of an hour.
 */
export const createConnectionWatch = (options: { silenceMs: number }) => {
  const sockets = new Set<Socket>();
  let look: NodeJS.Timeout | undefined;

  return {
    /** For the driver's `socket` option. The socket is still connecting; it tells of failures by its events. */
    open: ({ host: [host = ''], port: [port = 0], path }: Destination): Socket => {
      const socket = path ? connect(path) : connect(port, host);
      for (const known of sockets) if (known.destroyed) sockets.delete(known);
      sockets.add(socket);
      // The driver checks a server's certificate, and names the server, by these.
      return Object.assign(socket, { host, port });
    },

    /**
     * To be called when a statement got no answer in time: closes what stays silent for `silenceMs` from now. That is
     * longer than a statement may take, so that only idle connections are closed with those that hang.
     */
    closeSilent: (): void => {
      if (look) return;
      const before = [...sockets].map((socket) => [socket, bytesOf(socket)] as const);
      look = setTimeout(() => {
        look = undefined;
        for (const [socket, bytes] of before) if (bytesOf(socket) === bytes) socket.destroy();
      }, options.silenceMs);
      look.unref();
    },
  };
};
