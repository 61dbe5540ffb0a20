import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { makeConsole } from '../console/app.ts';
import { LinkKeys, linkDoor } from '../console/doors/link.ts';
import { storageError } from '../core/bytes/storage-error.ts';
import { reasonOf, StorageRefusedError } from '../core/errors.ts';
import type { Home } from '../core/operations/orders/home.ts';
import { linkFile } from './console-link.ts';
import { machine } from './home.ts';
import type { LocalPlatform } from './open-platform.ts';
import type { Told } from './scheduler.ts';
import type { UnderWay } from './under-way.ts';

/** Time that somebody stays signed in, in seconds. */
const workingDay = 12 * 3600;

export interface ServedConsole extends AsyncDisposable {
  /** Link that lets one person in, once. */
  link(): string;
}

export interface ConsoleSurroundings {
  underWay: UnderWay;
  /** Listener for the executions that the console has started. */
  told: Told;
  /** Name in the audit log: `console:alice`. */
  person: string;
  /** Fires when the process stops. */
  signal: AbortSignal;
}

/**
 * Serves the console on this machine's own address, and keeps a link in the state folder. Throws StorageRefusedError if
 * the port cannot be had.
 */
export async function serveConsole(platform: LocalPlatform, port: number, { underWay, told, person, signal }: ConsoleSurroundings): Promise<ServedConsole> {
  const { clock, config, log, state } = platform;
  const origins = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
  const keys = new LinkKeys();
  const app = makeConsole({
    homeFor: (author) => telling(machine(platform, { author, signal, underWay }), platform, told),
    door: linkDoor(keys, person),
    key: randomBytes(32),
    // a browser sends the cookies of one port to all others of the host
    cookie: `sauvegarde-${port}`,
    sessionSeconds: workingDay,
    knowsPeople: true,
    origins,
    language: config.language,
    clock,
    log,
  });
  const server = createAdaptorServer({ fetch: app.fetch, autoCleanupIncoming: true }) as Server;
  await listening(server, port);
  const file = join(state, linkFile);
  const link = () => keys.link(origins[0] ?? '');
  const keep = () => writeLink(file, link());
  keys.onNew = () => {
    try {
      keep();
    } catch (error) {
      log.error(`the console's next link cannot be kept: ${reasonOf(error).message}`);
    }
  };
  keep();
  return {
    link,
    [Symbol.asyncDispose]: async () => {
      rmSync(file, { force: true });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Makes a home whose executions are listened to, as those of the scheduler are. */
function telling(home: Home, { executions }: LocalPlatform, told: Told): Home {
  return {
    ...home,
    startUnlessUnderWay: async (asked) => {
      const execution = await home.startUnlessUnderWay(asked);
      const { database, name, outcome } = execution;
      if (outcome === 'started') void told(database, executions.ended(name));
      return execution;
    },
  };
}

function writeLink(file: string, link: string): void {
  try {
    rmSync(file, { force: true });
    writeFileSync(file, `${link}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw storageError(error, `write ${file}`);
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program has it' : error.message;
      reject(new StorageRefusedError(`port ${port} cannot be had: ${why}`, { cause: error }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
