import type { MiddlewareHandler } from 'hono';
import type { ConsoleEnv } from './door.ts';

export interface SecurityOptions {
  /** Origins under which the console is reached: `http://127.0.0.1:7423`. Requests for any other host are refused. */
  origins: readonly string[];
  /** Origin to which a download may lead, besides the console's own. */
  downloads?: string | undefined;
}

/** Sets the headers that keep a page from loading, sending or being framed by anything that is not the console's. */
export function securityHeaders({ origins, downloads }: SecurityOptions): MiddlewareHandler<ConsoleEnv> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    `form-action 'self'${downloads === undefined ? '' : ` ${downloads}`}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
  const isSecure = origins.every((origin) => origin.startsWith('https:'));
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    headers.set('content-security-policy', policy);
    headers.set('x-content-type-options', 'nosniff');
    headers.set('x-frame-options', 'DENY');
    // not no-referrer: a browser would then send "Origin: null" with our own forms
    headers.set('referrer-policy', 'same-origin');
    headers.set('cross-origin-opener-policy', 'same-origin');
    headers.set('cross-origin-resource-policy', 'same-origin');
    headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()');
    if (isSecure) headers.set('strict-transport-security', 'max-age=31536000');
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  };
}

/**
 * Refuses requests for another host: a name that somebody has made to lead here (DNS rebinding) would make their pages
 * the console's neighbours.
 */
export function ownHostOnly({ origins }: SecurityOptions): MiddlewareHandler<ConsoleEnv> {
  const hosts = new Set(origins.map((origin) => new URL(origin).host));
  return async (context, next) => {
    if (!hosts.has(context.req.header('host') ?? '')) return context.text('wrong host', 421);
    return next();
  };
}

/**
 * Returns true if a page of the console itself sent the request. Browsers send `Origin` with every form, and the newer
 * ones `Sec-Fetch-Site`; whatever sends neither cannot carry somebody else's cookie.
 */
export function isOwnRequest(header: (name: string) => string | undefined, { origins }: SecurityOptions): boolean {
  const [origin, site] = [header('origin'), header('sec-fetch-site')];
  const isOwn = origin === undefined || (origins.includes(origin) && new URL(origin).host === header('host'));
  return isOwn && (site === undefined || site === 'same-origin' || site === 'none');
}
