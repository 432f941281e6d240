/** The site that passkeys are for (WebAuthn's relying party): its domain, and the origins whose pages may use them. */
export type Site = { domain: string; origins: string[] };

/** The site at `webUrl`, with those of the allowed origins that are on its domain or below; others could not use them. */
export const siteOf = (webUrl: string, allowedOrigins: readonly string[]): Site => {
  const { hostname: domain, origin } = new URL(webUrl);
  const isBelow = (other: string) => {
    const { hostname } = new URL(other);
    return hostname === domain || hostname.endsWith(`.${domain}`);
  };
  return { domain, origins: [...new Set([origin, ...allowedOrigins.filter(isBelow)])] };
};
