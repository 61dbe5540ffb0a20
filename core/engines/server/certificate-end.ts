/** Shortest life, in milliseconds, of a certificate that a person renews; programs renew those that live shorter. */
const shortestLifeMs = 28 * 86_400_000;

/**
 * Returns the end of a server's certificate, ISO 8601 in UTC, from its first and last instants as OpenSSL writes them
 * (`Nov 29 15:00:00 2027 GMT`); undefined for one of a few weeks, and for anything else.
 */
export function certificateEnd(from: string | undefined, to: string | undefined): string | undefined {
  const [begins, ends] = [Date.parse(from ?? ''), Date.parse(to ?? '')];
  return ends - begins >= shortestLifeMs ? new Date(ends).toISOString() : undefined;
}
