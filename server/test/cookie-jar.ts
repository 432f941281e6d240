import { WebSocket } from 'ws';

/** A page of `origin` in a browser: what it sends carries the cookies that it was given, and its origin. */
export const createBrowserPage = (origin: string) => {
  const jar = new Map<string, string>();
  /** Method and path of each request, in order, and `socket` for each handshake. */
  const steps: string[] = [];
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

  const keep = (line: string): void => {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split('=');
    if (attributes.includes('Max-Age=0')) jar.delete(name);
    else jar.set(name, value);
  };

  const send: typeof fetch = async (input, init) => {
    steps.push(new URL(String(input)).pathname.replace(/^\/(trpc|api)\//, ''));
    const headers = { ...(init?.headers as Record<string, string>), origin };
    const isIncluded = init?.credentials === 'include' && jar.size > 0;
    const answer = await fetch(input, {
      ...init,
      headers: { ...headers, ...(isIncluded && { cookie: cookie() }) },
    });
    for (const line of answer.headers.getSetCookie()) keep(line);
    return answer;
  };

  class PageSocket extends WebSocket {
    constructor(address: string) {
      steps.push('socket');
      super(address, { headers: { origin, ...(jar.size > 0 && { cookie: cookie() }) } });
    }
  }

  return { jar, steps, fetch: send, WebSocket: PageSocket };
};

export type BrowserPage = ReturnType<typeof createBrowserPage>;
