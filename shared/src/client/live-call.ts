import {
  type OperationLink,
  type OperationResultEnvelope,
  type OperationResultObserver,
  TRPCClientError,
} from '@trpc/client';
import type { AppRouter } from '../app-router.js';
import type { LiveSocket } from './live-socket.js';
import { codeOf, type Session } from './session.js';

type Failure = TRPCClientError<AppRouter>;
type Envelope = OperationResultEnvelope<unknown, Failure>;

const isExpiryNotice = ({ result }: Envelope): boolean => {
  const event = 'data' in result ? (result.data as { data?: { type?: unknown } } | undefined) : undefined;
  return event?.data?.type === 'authExpiring';
};

/** The socket's grant ends soon: a new one comes over HTTP, unless somebody has fetched it, and goes to the socket. */
const renewInTime = async (session: Session, socket: LiveSocket): Promise<void> => {
  if (socket.grant) await session.renew(socket.grant);
  await socket.renew();
};

/**
 * One subscription over the socket, asked for again when that may mend what it failed with: an expired token, once
 * renewed, or a socket that was lost before it took the request. It goes on after the last event that was seen.
 */
export const startLiveCall = (deps: {
  request: Parameters<OperationLink<AppRouter>>[0];
  observer: OperationResultObserver<AppRouter, unknown>;
  session: Session;
  /** Throws when there can be no socket. */
  open: () => LiveSocket;
}) => {
  const { request, observer, session, open } = deps;
  const { op, next } = request;
  let inner: { unsubscribe(): void } | undefined;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  let mayRenew = true;
  let lastEventId: unknown;

  const begin = async (): Promise<void> => {
    const socket = open();
    // What is asked for after a login shall be asked for as that account.
    await socket.renew();
    if (isStopped) return;
    const input = lastEventId === undefined ? op.input : { ...(op.input as object), lastEventId };
    inner = socket.request({ op: { ...op, input }, next }).subscribe({
      next: (envelope) => take(socket, envelope),
      error: (error) => {
        recover(socket, error).catch(() => observer.error(error));
      },
      complete: () => {
        if (!isStopped) observer.complete();
      },
    });
  };

  const beginUnlessStopped = (): void => {
    if (isStopped) return;
    begin().catch((cause: unknown) => observer.error(TRPCClientError.from(cause as Error)));
  };

  const take = (socket: LiveSocket, envelope: Envelope): void => {
    const { result } = envelope;
    if (result.type !== 'state') socket.heard();
    if (result.type === 'data') {
      lastEventId = 'id' in result ? result.id : undefined;
      mayRenew = true;
    }
    if (isExpiryNotice(envelope)) renewInTime(session, socket).catch(() => {});
    observer.next(envelope);
  };

  /** Throws when it cannot. */
  const recover = async (socket: LiveSocket, error: Failure): Promise<void> => {
    const code = codeOf(error);
    if (code) {
      socket.heard();
      if (!mayRenew || !(await session.recover(op.path, code, socket.grant))) throw error;
      mayRenew = false;
      beginUnlessStopped();
    } else if (op.type === 'subscription' && !socket.isOpen()) {
      await socket.whenGone();
      if (!isStopped) pause = setTimeout(beginUnlessStopped, socket.pauseMs());
    } else throw error;
  };

  beginUnlessStopped();
  return {
    stop: (): void => {
      isStopped = true;
      clearTimeout(pause);
      inner?.unsubscribe();
    },
    fail: (error: Failure): void => observer.error(error),
    complete: (): void => observer.complete(),
  };
};

export type LiveCall = ReturnType<typeof startLiveCall>;
