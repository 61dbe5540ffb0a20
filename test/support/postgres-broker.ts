import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';
import { startPostgresServer } from './postgres-server.ts';
import { serverVersions } from './programs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresBroker: string;
  }
}

/**
 * Vitest's global set-up: one server of each version for all test files, started when the first file asks for it and stopped at the end. A run that needs none pays nothing.
 * Protocol on the socket: a line with a version, answered by a line with `{ server }` or `{ error }`.
 */
export default function setup(project: TestProject): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sauvegarde-broker-'));
  const servers = new Map<number, ReturnType<typeof startPostgresServer>>();
  const serverOf = (version: number) => {
    const known = serverVersions.find((each) => each === version);
    if (!known) throw new TypeError(`there is no server of version ${version}`);
    const server = servers.get(known) ?? startPostgresServer(known);
    servers.set(known, server);
    return server;
  };
  const broker = createServer({ allowHalfOpen: true }, async (connection) => {
    connection.on('error', () => connection.destroy()); // a test process was killed
    for await (const line of createInterface(connection)) {
      const answer = await serverOf(Number(line)).then(
        (server) => ({ server }),
        (error: unknown) => ({ error: String(error) }),
      );
      connection.write(`${JSON.stringify(answer)}\n`);
    }
    connection.end();
  });
  const path = join(folder, 'socket');
  broker.listen(path);
  project.provide('postgresBroker', path);
  return async () => {
    broker.close();
    const started = await Promise.allSettled(servers.values());
    await Promise.all(started.map((each) => (each.status === 'fulfilled' ? each.value[Symbol.asyncDispose]() : undefined)));
    rmSync(folder, { recursive: true, force: true });
  };
}
