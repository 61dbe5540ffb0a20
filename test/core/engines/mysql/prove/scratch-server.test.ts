import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { ScratchServer, type ScratchServerOptions } from '../../../../../core/engines/mysql/prove/scratch-server.ts';
import { cacheFolder } from '../../../../../layers/layers.ts';
import { filesIn, temporaryFolder } from '../../../../support/folder.ts';
import { familyOfServer, mysqlServerLauncher } from '../../../../support/mysql-programs.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { givesNamespaces, networkOf } from '../../../../support/network.ts';
import { listeningPeer } from '../../../../support/peer.ts';
import { coldStart } from '../../../../support/programs.ts';

/** A folder that the server's user can enter: it stands there. */
function scratchFolder(): string {
  const scratch = temporaryFolder();
  chmodSync(scratch, 0o711);
  return scratch;
}

describe.each(['mysql-9.7', 'mariadb-11.8'] as const)('a scratch server %s', (name) => {
  const family = familyOfServer(name);
  const start = async (changes: Partial<ScratchServerOptions<typeof family>> = {}) =>
    await ScratchServer.start({
      family,
      launch: await mysqlServerLauncher(name),
      scratch: scratchFolder(),
      templates: cacheFolder(),
      signal: AbortSignal.timeout(coldStart),
      ...changes,
    });
  /** As a client on its socket. */
  const ask = ({ socket, user }: ScratchServer, sql: string) =>
    mysqlQuery({ name, family, socket, user, password: '', host: '', port: 0, ca: '', foreignCa: '', pid: 0, data: '' }, sql, { overSocket: true });

  it(
    'answers on a socket in a private folder as the superuser that was asked for, and is gone without a trace when it was disposed of',
    async () => {
      let server: ScratchServer;
      {
        await using running = await start({ user: "o'superuser", settings: { 'sql-mode': 'ANSI_QUOTES' } });
        server = running;
        expect(statSync(dirname(running.socket)).mode & 0o777).toBe(0o700);
        expect(await ask(running, 'SELECT user(), @@skip_networking, @@time_zone, @@sql_mode, @@event_scheduler')).toBe(
          `o'superuser@localhost\t1\t+00:00\tANSI_QUOTES\tOFF`,
        );
        expect(await ask(running, 'SELECT @@innodb_doublewrite')).toMatch(/^(OFF|0)$/);
        if (family === 'mysql') expect(await ask(running, 'SELECT @@innodb_flush_method')).toBe('nosync');
        expect(await ask(running, "SELECT user, host FROM mysql.user WHERE user NOT LIKE 'm%.%'")).toBe(`o'superuser\tlocalhost`);
        if (process.getuid?.() === 0) expect(readFileSync(`/proc/${running.pid}/status`, 'utf8')).toMatch(/^Uid:\s+65534/m);
      }
      expect(existsSync(server.data)).toBe(false);
      expect(existsSync(`/proc/${server.pid}`)).toBe(false);
      expect(server.lastWords).not.toMatch(/shutdown/i); // nothing that is thrown away is written first
      expect(server.ended.aborted).toBe(false);
    },
    coldStart,
  );

  it(
    'begins as the one before it had begun where data directories are kept, and otherwise with other settings that last',
    async () => {
      const templates = temporaryFolder();
      {
        await using server = await start({ templates });
        await ask(server, 'CREATE DATABASE later; CREATE USER later');
      }
      const kept = filesIn(templates);
      expect(kept).toHaveLength(1);
      const { ino } = statSync(join(templates, kept[0] as string));
      {
        await using server = await start({ templates, user: 'another' });
        expect(await ask(server, "SHOW DATABASES LIKE 'later'")).toBe('');
        expect(await ask(server, "SELECT user, host FROM mysql.user WHERE user NOT LIKE 'm%.%'")).toBe('another\tlocalhost');
        expect(readdirSync(server.data).filter((file) => file.endsWith('.pem'))).toEqual([]);
        await ask(server, 'CREATE DATABASE works; CREATE TABLE works.t (a INT) SELECT 1 AS a; ANALYZE TABLE works.t');
      }
      expect(statSync(join(templates, kept[0] as string))).toMatchObject({ ino });
      expect(statSync(join(templates, kept[0] as string)).size).toBeLessThan(8e6);
      await using server = await start({ templates, lasting: { 'lower-case-table-names': '1' } });
      await ask(server, 'CREATE DATABASE Loud');
      expect(await ask(server, "SHOW DATABASES LIKE 'loud'")).toBe('loud');
      expect(filesIn(templates)).toHaveLength(2);
    },
    coldStart,
  );

  it.each<[string, Partial<ScratchServerOptions<typeof family>>, RegExp]>([
    ['cannot be made', { lasting: { 'no-such-option': '1' } }, /^the server could not make a scratch database \(\d+\): .*no-such-option/s],
    ['does not start', { settings: { 'no-such-option': '1' } }, /^the scratch server did not start \(\d+\): .*no-such-option/s],
  ])(
    'leaves nothing when it %s, and quotes it',
    async (_, changes, message) => {
      const scratch = scratchFolder();
      await expect(start({ scratch, ...changes })).rejects.toMatchObject({ name: 'ToolFailedError', message: expect.stringMatching(message) });
      expect(readdirSync(scratch)).toEqual([]);
    },
    coldStart,
  );

  it(
    'leaves nothing when it is stopped while it starts',
    async () => {
      const stop = new AbortController();
      const scratch = scratchFolder();
      const starting = start({ scratch, templates: undefined, signal: stop.signal });
      starting.catch(() => undefined);
      await sleep(300);
      stop.abort(new Error('stopped by the test'));
      await expect(starting).rejects.toThrow('stopped by the test');
      expect(readdirSync(scratch)).toEqual([]);
    },
    coldStart,
  );

  /** Lets the server try to replicate from a port of this machine, and waits until it has tried. */
  async function call(server: ScratchServer, port: number): Promise<string> {
    const words =
      family === 'mysql' ? { change: 'REPLICATION SOURCE', option: 'SOURCE', start: 'REPLICA' } : { change: 'MASTER', option: 'MASTER', start: 'SLAVE' };
    const where = `${words.option}_HOST='127.0.0.1', ${words.option}_PORT=${port}, ${words.option}_USER='me', ${words.option}_PASSWORD='hidden'`;
    await ask(server, `CHANGE ${words.change} TO ${where}; START ${words.start}`);
    return await vi.waitUntil(async () => /error .*(connect|packet).*/i.exec(await ask(server, `SHOW ${words.start} STATUS`))?.[0], { timeout: 20_000 });
  }

  it.skipIf(!givesNamespaces)(
    'has no network: not even the superuser reaches a port of this machine',
    async () => {
      const peer = await listeningPeer();
      await using server = await start();
      expect(networkOf(server.pid)).toEqual({ interfaces: ['lo'], isOurs: false });
      expect(await call(server, peer.port)).toMatch(/\(101\)|Network is unreachable/i);
      expect(peer.connections).toBe(0);
    },
    coldStart,
  );

  it(
    "has the machine's network where that was asked for, and says so when it ends by itself",
    async () => {
      const peer = await listeningPeer();
      await using server = await start({ network: 'host' });
      expect(networkOf(server.pid).isOurs).toBe(true);
      await call(server, peer.port);
      expect(peer.connections).toBeGreaterThan(0);
      await ask(server, 'SHUTDOWN');
      await vi.waitUntil(() => server.ended.aborted, { timeout: 20_000 });
      expect(server.ended.reason).toMatchObject({ name: 'ToolFailedError', message: expect.stringMatching(/^the scratch server ended \(0\): .*shutdown/is) });
    },
    coldStart,
  );
});
