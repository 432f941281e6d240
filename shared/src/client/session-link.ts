import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AppRouter } from '../app-router.js';
import { codeOf, type Session } from './session.js';

/**
 * For queries and mutations over HTTP: keeps the session going by their answers, and repeats a call once for each thing
 * that it lacked and now has: an access token that has not expired, and the CSRF token of the session in cookies.
 */
export const createSessionLink =
  (session: Session): TRPCLink<AppRouter> =>
  () =>
  ({ op, next }) =>
    observable((observer) => {
      let subscription: { unsubscribe(): void } | undefined;
      let isStopped = false;
      let end = (): void => {};
      const fail = (cause: unknown) => observer.error(TRPCClientError.from(cause as Error));

      const attempt = async (recovered: string[]): Promise<void> => {
        const used = await session.load();
        if (isStopped) return;
        end = session.begin(op.path);
        subscription = next(op).subscribe({
          next: (envelope) => {
            const data = 'data' in envelope.result ? envelope.result.data : undefined;
            session
              .remember(op.path, data)
              .finally(end)
              .then(() => {
                observer.next(envelope);
                observer.complete();
              }, fail);
          },
          error: (error) => {
            end();
            const code = codeOf(error) ?? '';
            const mayRecover = !recovered.includes(code);
            const recovery = mayRecover ? session.recover(op.path, code, used) : Promise.resolve(false);
            recovery.then(
              (isMended) => (isMended ? attempt([...recovered, code]).catch(fail) : observer.error(error)),
              () => observer.error(error),
            );
          },
        });
      };

      attempt([]).catch(fail);
      return () => {
        isStopped = true;
        end();
        subscription?.unsubscribe();
      };
    });
