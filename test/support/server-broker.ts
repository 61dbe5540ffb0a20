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
 * Sets Vitest up: one server of each kind for all test files, started when the first file asks for it and stopped at
 * the end; the bundles are made in the same way. A run that needs none pays nothing. Protocol: a line with a kind,
 * answered by a line with `{ server }` or `{ error }`.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
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
  project.provide('serverBroker', (broker.address() as AddressInfo).port);
  const absence = await awsAbsence();
  project.provide('awsAbsence', absence);
  warnOfSkipped('everything that needs AWS', absence);
  warnOfSkipped('PostgreSQL 13, 14 and 16', absenceOnNpm);
  warnOfSkipped('what runs in an empty root', emptyRootAbsence);
  return async () => {
    broker.close();
    const started = await Promise.allSettled(servers.values());
    await Promise.all(started.map((each) => (each.status === 'fulfilled' ? each.value[Symbol.asyncDispose]() : undefined)));
  };
}

/** Warns loudly, so that nobody takes a run without some tests for a run of all. */
function warnOfSkipped(what: string, why: string): void {
  if (why) console.warn(`\n${'!'.repeat(100)}\nTESTS ARE SKIPPED: ${what}. ${why}\n${'!'.repeat(100)}\n`);
}
