import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';
import { awsAbsence, startAwsEmulator } from './aws-emulator.ts';
import { makeBundles } from './bundles.ts';
import { emptyRootAbsence } from './empty-root.ts';
import { mysqlServerNames } from './mysql-programs.ts';
import { startMysqlServer } from './mysql-server.ts';
import { absenceOnNpm } from './postgres-on-npm.ts';
import { startPostgresServer } from './postgres-server.ts';
import { oldVersions, serverVersions } from './programs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Port on 127.0.0.1: a socket in a folder would stay after a run is killed. */
    serverBroker: number;
    /** Reason why there is no emulator of AWS; empty if there is one. */
    awsAbsence: string;
  }
}

/** Things that a test file can ask for, and their starts. */
const kinds = new Map<string, () => Promise<AsyncDisposable>>([
  ...[...oldVersions, ...serverVersions].map((version) => [`postgres ${version}`, () => startPostgresServer(version)] as const),
  ...mysqlServerNames.map((name) => [name, () => startMysqlServer(name)] as const),
  ['aws', startAwsEmulator],
  ['bundles', makeBundles],
]);

/**
 * Starts the broker: one server of each kind for all test files, started when the first file asks for it; the bundles are
 * made in the same way. A run that needs none pays nothing. Protocol: a line with a kind, answered by a line with
 * `{ server }` or `{ error }`. Returns its port, and what stops it and the servers.
 */
async function startBroker(): Promise<{ port: number; absence: string; stop(): Promise<void> }> {
  const servers = new Map<string, Promise<AsyncDisposable>>();
  const serverOf = (kind: string) => {
    const start = kinds.get(kind);
    if (!start) throw new TypeError(`there is no server called ${kind}`);
    const server = servers.get(kind) ?? start();
    servers.set(kind, server);
    return server;
  };
  const broker = createServer({ allowHalfOpen: true }, async (connection) => {
    connection.on('error', () => connection.destroy()); // a test process was killed
    for await (const line of createInterface(connection)) {
      const answer = await Promise.resolve(line)
        .then(serverOf)
        .then(
          (server) => ({ server }),
          (error: unknown) => ({ error: String(error) }),
        );
      connection.write(`${JSON.stringify(answer)}\n`);
    }
    connection.end();
  });
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  const absence = await awsAbsence();
  warnOfSkipped('everything that needs AWS', absence);
  warnOfSkipped('PostgreSQL 13, 14 and 16', absenceOnNpm);
  warnOfSkipped('what runs in an empty root', emptyRootAbsence);
  const stop = async () => {
    broker.close();
    const started = await Promise.allSettled(servers.values());
    await Promise.all(started.map((each) => (each.status === 'fulfilled' ? each.value[Symbol.asyncDispose]() : undefined)));
  };
  return { port: (broker.address() as AddressInfo).port, absence, stop };
}

let broker: ReturnType<typeof startBroker> | undefined;
let users = 0;

/** Sets Vitest up for one of its parts: all parts share a broker, and the last one stops it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  users++;
  broker ??= startBroker();
  const { port, absence, stop } = await broker;
  project.provide('serverBroker', port);
  project.provide('awsAbsence', absence);
  return async () => {
    if (--users === 0) await stop();
  };
}

/** Warns loudly, so that nobody takes a run without some tests for a run of all. */
function warnOfSkipped(what: string, why: string): void {
  if (why) console.warn(`\n${'!'.repeat(100)}\nTESTS ARE SKIPPED: ${what}. ${why}\n${'!'.repeat(100)}\n`);
}
