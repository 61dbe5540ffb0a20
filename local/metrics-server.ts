import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ConfigurationError, reasonOf } from '../core/errors.ts';
import { openMetrics, openMetricsType } from '../core/operations/orders/open-metrics.ts';
import { status } from '../core/operations/orders/status.ts';
import type { LocalPlatform } from './local-platform.ts';

/** Names by which this machine calls itself. Others are refused, so that no web page reads the figures by its own. */
const names = /^(localhost|127\.0\.0\.1)(:\d+)?$/;

/**
 * Serves `/metrics` to this machine alone, until it is disposed of. Throws ConfigurationError if the port is taken.
 */
export async function serveMetrics(platform: LocalPlatform, port: number): Promise<AsyncDisposable & { port: number }> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => void answer(platform, request, response));
  server.maxConnections = 20;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new ConfigurationError(`local.metrics: port ${port} of this machine cannot be served: ${cause.code}; choose another`, { cause })),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(platform: LocalPlatform, { headers, method = '', url }: IncomingMessage, response: ServerResponse): Promise<void> {
  const refused = !names.test(headers.host ?? '') ? 403 : url !== '/metrics' ? 404 : ['GET', 'HEAD'].includes(method) ? undefined : 405;
  if (refused) return void response.writeHead(refused).end();
  try {
    const text = openMetrics(await status(platform, {}));
    response.writeHead(200, { 'content-type': openMetricsType, 'cache-control': 'no-store' }).end(method === 'HEAD' ? undefined : text);
  } catch (error) {
    platform.log.error(`the metrics could not be collected: ${reasonOf(error).message}`);
    response.writeHead(500).end();
  }
}
