/** The site that passkeys are for (WebAuthn's relying party): its domain, and the origins whose pages may use them. */
export type Site = { domain: string; hasOrigin: (origin: string) => boolean };

/** The site at `webUrl`, with those of the allowed origins that are on its domain or below; others could not use them. */
export const siteOf = (webUrl: string, isAllowed: (origin: string) => boolean): Site => {
  const { hostname: domain, origin: own } = new URL(webUrl);
  const isBelow = (origin: string) => {
    const { hostname } = new URL(origin);
    return hostname === domain || hostname.endsWith(`.${domain}`);
  };
  return { domain, hasOrigin: (origin) => origin === own || (isAllowed(origin) && isBelow(origin)) };
};

/** The origin of the page that a credential is from, where it is one of the site's; otherwise none. */
export const expectedOriginsOf = (site: Site, clientDataJSON: string): string[] => {
  try {
    const { origin } = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString()) as {
      origin?: unknown;
    };
    return typeof origin === 'string' && site.hasOrigin(origin) ? [origin] : [];
  } catch {
    return [];
  }
};
