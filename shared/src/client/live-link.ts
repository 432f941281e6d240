import type { TRPCClientError, TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AppRouter } from '../app-router.js';
import { type LiveCall, startLiveCall } from './live-call.js';
import { createLiveSocket, type LiveSocket, type WebSocketClass } from './live-socket.js';
import { type Grant, isSessionOver, type Session } from './session.js';

/**
 * For subscriptions: one socket for all of them, opened for the first and kept under the session's grant. When it ends
 * for good, each of them fails, and the next one opens another.
 */
export const createLiveLink = (deps: {
  url: string;
  WebSocket: WebSocketClass | undefined;
  session: Session;
  signal: AbortSignal | undefined;
}): TRPCLink<AppRouter> => {
  const { url, WebSocket, session, signal } = deps;
  const calls = new Set<LiveCall>();
  let current: LiveSocket | undefined;

  const stopAll = (): LiveCall[] => {
    const stopped = [...calls];
    calls.clear();
    current = undefined;
    for (const call of stopped) call.stop();
    return stopped;
  };

  const endAll = async (error: TRPCClientError<AppRouter>, grant: Grant | null): Promise<void> => {
    const stopped = stopAll();
    // Before anybody hears of it, so that whoever subscribes again does so as a guest.
    if (isSessionOver(error)) await session.forget(grant).catch(() => {});
    // Each by itself: what one of them throws is no matter of the others.
    for (const call of stopped) queueMicrotask(() => call.fail(error));
  };

  const open = (): LiveSocket => {
    if (signal?.aborted) throw new Error('This client was closed by its signal.');
    if (!WebSocket) {
      throw new Error(
        'Subscriptions need a WebSocket, and there is none here: pass createClient one as `WebSocket`.',
      );
    }
    current ??= createLiveSocket({ url, WebSocket, session, onEnd: (...ending) => void endAll(...ending) });
    return current;
  };

  session.onGrant(() => void current?.renew());
  signal?.addEventListener('abort', () => {
    const socket = current;
    for (const call of stopAll()) call.complete();
    socket?.close();
  });

  return () => (request) =>
    observable((observer) => {
      const call = startLiveCall({ request, observer, session, open });
      calls.add(call);
      return () => {
        calls.delete(call);
        call.stop();
      };
    });
};
