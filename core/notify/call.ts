import { ConfigurationError, WebhookRefusedError } from '../errors.ts';

/** Longest wait for a service, in milliseconds: one that does not answer must not delay the end of a run. */
export const usualPatienceMs = 10_000;

/** Reads an address. Throws ConfigurationError if it is not one; the error names the setting alone. */
export function parseAddress(text: string, setting: string): URL {
  const url = URL.parse(text.trim());
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new ConfigurationError(`the address for ${setting} is not one; write https://…`);
  return url;
}

/**
 * Calls an address and looks at the status of the answer, not at its body. Follows no redirect: it could lead the
 * message, and what the address holds, elsewhere. A user and password in the address become an Authorization header;
 * a password alone is a token. Throws WebhookRefusedError, which names the setting and never the address.
 */
export async function call(
  address: URL,
  { body, headers = {} }: { body?: string; headers?: Record<string, string> },
  { setting, patienceMs = usualPatienceMs }: { setting: string; patienceMs?: number | undefined },
): Promise<void> {
  const url = new URL(address);
  const [user, password] = [decoded(url.username), decoded(url.password)];
  [url.username, url.password] = ['', ''];
  const authorization = password === '' ? undefined : user === '' ? `Bearer ${password}` : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  let response: Response;
  try {
    response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'user-agent': 'Sauvegarde', ...headers, ...(authorization !== undefined && { authorization }) },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal: AbortSignal.timeout(patienceMs),
    });
  } catch (error) {
    throw new WebhookRefusedError(`${setting} could not be reached: ${reasonOfFetch(error as Error, patienceMs)}`); // no cause: it may hold the address
  }
  await response.body?.cancel().catch(() => undefined); // whatever it says, and however much
  if (response.status >= 300 && response.status < 400)
    throw new WebhookRefusedError(`${setting} answers with a redirect (${response.status}), which is not followed; write the address that it leads to`);
  if (!response.ok) throw new WebhookRefusedError(`${setting} answers ${response.status}`);
}

/** Explains why there was no answer, by codes alone. */
function reasonOfFetch(error: Error, patienceMs: number): string {
  if (error.name === 'TimeoutError') return `no answer within ${patienceMs / 1000} s`;
  const { code, message } = (error.cause ?? {}) as { code?: unknown; message?: unknown };
  if (message === 'bad port') return 'its port is one of those that no browser calls (https://fetch.spec.whatwg.org/#port-blocking); use another';
  return typeof code === 'string' ? code : error.name;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a percent sign that begins no code
  }
}
