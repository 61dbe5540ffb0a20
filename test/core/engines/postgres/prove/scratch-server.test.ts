import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { clusterOf } from '../../../../../core/engines/postgres/prove/cluster.ts';
import { restored } from '../../../../../core/engines/postgres/prove/scratch-database.ts';
import { ScratchServer } from '../../../../../core/engines/postgres/prove/scratch-server.ts';
import { StorageFullError, ToolFailedError } from '../../../../../core/errors.ts';
import type { Launch } from '../../../../../core/programs/launch.ts';
import { cacheFolder } from '../../../../../layers/layers.ts';
import { filesIn, temporaryFolder } from '../../../../support/folder.ts';
import { givesNamespaces, networkOf } from '../../../../support/network.ts';
import { never } from '../../../../support/never.ts';
import { listeningPeer } from '../../../../support/peer.ts';
import { coldStart, launcher, serverFolder, toolsFolder } from '../../../../support/programs.ts';
import { canMount, smallDisk } from '../../../../support/small-disk.ts';

const isRoot = process.getuid?.() === 0;
const holder = fileURLToPath(new URL('./hold-server.ts', import.meta.url));
let folder: string;
let launch: (program: string) => Launch;
let tools: (program: string) => Launch;

beforeAll(async () => {
  folder = await serverFolder(18);
  launch = await launcher(folder);
  tools = await launcher(await toolsFolder());
}, coldStart);

/** A folder that the server's user can enter. */
function scratchFolder(): string {
  const scratch = temporaryFolder();
  chmodSync(scratch, 0o711);
  return scratch;
}

async function ask(server: ScratchServer, sql: string, database = 'postgres'): Promise<string> {
  const { command, args } = tools('psql');
  return (await promisify(execFile)(command, [...args, '-XAtc', sql], { env: { ...server.environment, PGDATABASE: database } })).stdout.trim();
}

/** Whether a process of this id lives; one that has ended and was not waited for does not. */
function lives(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function onlyFile(folder: string): string {
  const files = filesIn(folder);
  expect(files).toHaveLength(1);
  return join(folder, files[0] as string);
}

function othersCanRead(path: string): boolean {
  return (statSync(path).mode & 0o005) !== 0 && (dirname(path) === path || othersCanRead(dirname(path)));
}

const templates = cacheFolder();

describe('a scratch server', () => {
  it.each([
    ['has room for the locks of a dump that makes many objects', 50_000, '50000'],
    ['would not have it for one that makes few', 10, 'out of shared memory'],
    ['has it for one that does not tell', undefined, '50000'],
  ])('%s', async (_, locks, expected) => {
    const cluster = clusterOf('UTF8', { major: 18, locks });
    await using server = await ScratchServer.start({ launch, scratch: scratchFolder(), templates, signal: never, ...cluster });
    const asked = ask(server, 'SELECT count(pg_advisory_xact_lock(n)) FROM generate_series(1, 50000) n', restored);
    expect(await asked.catch(({ stderr }: { stderr: string }) => stderr)).toContain(expected);
  });

  it('answers on a socket in a private folder, runs as somebody without privileges, and is gone without a trace when it was disposed of', async () => {
    const scratch = scratchFolder();
    let pid: number;
    {
      await using server = await ScratchServer.start({ launch, scratch, templates, signal: never });
      pid = server.pid;
      expect(await ask(server, 'SHOW server_encoding')).toBe('UTF8');
      expect(await ask(server, "SELECT datcollate, datlocprovider, datlocale FROM pg_database WHERE datname = 'template0'")).toBe('C|b|C.UTF-8');
      expect(await ask(server, "SELECT count(*) > 400 FROM pg_timezone_names WHERE name LIKE '%/%'")).toBe('t');
      expect(await ask(server, 'SHOW fsync')).toBe('off');
      expect(await ask(server, "SELECT current_setting('listen_addresses')")).toBe('');
      expect(lives(pid)).toBe(true);
      expect(Number(/^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1])).not.toBe(0);
    }
    expect(lives(pid)).toBe(false);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('gets nothing of our environment, where credentials are', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'hidden-key');
    await using server = await ScratchServer.start({ launch, scratch: scratchFolder(), templates, signal: never });
    const given = readFileSync(`/proc/${server.pid}/environ`, 'utf8');
    expect(given).toMatch(/LC_ALL|TZ|LD_PRELOAD|PATH|HOME/);
    expect(given).not.toMatch(/hidden-key|AWS_/);
  });

  it('says so when it ends by itself', async () => {
    const scratch = scratchFolder();
    {
      await using server = await ScratchServer.start({ launch, scratch, templates, signal: never });
      expect(server.ended.aborted).toBe(false);
      process.kill(server.pid, 'SIGKILL');
      await vi.waitFor(() => expect(server.ended.reason).toBeInstanceOf(ToolFailedError), 5000);
    }
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('stands in the temporary folder when the path is too long for a socket', async () => {
    const scratch = join(scratchFolder(), 'a'.repeat(90));
    mkdirSync(scratch, { mode: 0o711 });
    await using server = await ScratchServer.start({ launch, scratch, templates, signal: never });
    expect(server.data.startsWith(scratch)).toBe(true);
    expect(server.host.startsWith(scratch)).toBe(false);
    expect(await ask(server, 'SELECT 1')).toBe('1');
  });

  it.skipIf(!isRoot)('stands in the temporary folder when only root can enter the scratch folder', async () => {
    const scratch = temporaryFolder();
    await using server = await ScratchServer.start({ launch, scratch, templates, signal: never });
    expect(server.data.startsWith(join(tmpdir(), 'postgres-'))).toBe(true);
  });

  it('leaves nothing when initdb refuses, and quotes it', async () => {
    const scratch = scratchFolder();
    const error = await ScratchServer.start({ launch, scratch, signal: never, cluster: ['--encoding=nonsense'] }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ToolFailedError);
    expect(String(error)).toMatch(/initdb could not make a scratch database \(1\): .*nonsense/);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it.skipIf(!canMount())('tells a full disk from other failures', async () => {
    const scratch = smallDisk(20);
    chmodSync(scratch, 0o711);
    await expect(ScratchServer.start({ launch, scratch, signal: never })).rejects.toBeInstanceOf(StorageFullError);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('names the program that is not there', async () => {
    const lost = (program: string) => ({ ...launch(program), command: '/nowhere/ld.so' });
    await expect(ScratchServer.start({ launch: lost, scratch: scratchFolder(), signal: never })).rejects.toThrow(
      /\/nowhere\/ld\.so(: No such file or directory| ENOENT)/,
    );
  });

  it.each([0, 50, 200, 600])('leaves nothing when it is stopped %i ms after the start', async (after) => {
    const scratch = scratchFolder();
    const stop = new AbortController();
    const starting = ScratchServer.start({ launch, scratch, signal: stop.signal });
    setTimeout(() => stop.abort(new Error('stopped by the test')), after);
    const server = await starting.catch((error: unknown) => error);
    if (server instanceof ScratchServer) await server[Symbol.asyncDispose]();
    else expect(server).toHaveProperty('message', 'stopped by the test');
    expect(readdirSync(scratch)).toEqual([]);
  });
});

describe('a scratch server where clusters are kept', () => {
  const identifier = 'SELECT system_identifier FROM pg_control_system()';

  it('makes one of them when two start at once; a later one begins as they had begun, and one of another locale has another', async () => {
    const [scratch, templates] = [scratchFolder(), temporaryFolder()];
    const start = (choices = {}) => ScratchServer.start({ launch, scratch, templates, signal: never, ...choices });
    {
      const [one, other] = await Promise.all([start(), start()]);
      await using _ = one;
      await using __ = other;
      expect(await Promise.all([ask(one, 'SELECT 1'), ask(other, 'SELECT 2')])).toEqual(['1', '2']);
      onlyFile(templates);
    }
    let first: string;
    {
      await using server = await start();
      first = await ask(server, identifier);
      await ask(server, 'CREATE TABLE later (); CREATE ROLE later');
    }
    const kept = onlyFile(templates);
    const { ino } = statSync(kept);
    {
      await using server = await start();
      expect(await ask(server, identifier)).toBe(first);
      expect(await ask(server, "SELECT to_regclass('later'), to_regrole('later')")).toBe('|');
      expect(await ask(server, "SELECT count(*) > 400 FROM pg_timezone_names WHERE name LIKE '%/%'")).toBe('t');
      expect(statSync(server.data).mode & 0o777).toBe(0o700);
    }
    expect(readdirSync(scratch)).toEqual([]);
    expect(statSync(onlyFile(templates))).toMatchObject({ ino });
    expect(statSync(kept).size).toBeLessThan(8e6);
    await using latin = await start({ cluster: ['--encoding=LATIN1', '--locale=C'] });
    expect(await ask(latin, 'SHOW server_encoding')).toBe('LATIN1');
    expect(filesIn(templates)).toHaveLength(2);
  });

  it('makes it anew when a server did not start on it, quotes the server, and leaves nothing', async () => {
    const [scratch, templates] = [scratchFolder(), temporaryFolder()];
    const starting = ScratchServer.start({ launch, scratch, templates, signal: never, settings: { shared_buffers: 'plenty' } });
    const error = await starting.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ToolFailedError);
    expect(String(error)).toMatch(/the scratch server did not start \(1\): .*shared_buffers/);
    expect(filesIn(templates)).toEqual([]);
    expect(readdirSync(scratch)).toEqual([]);
  });
});

describe('the network of a scratch server', () => {
  /** Lets the superuser try to connect from inside the server, and returns what came of it. */
  async function call(server: ScratchServer, port: number): Promise<string> {
    const calling = `CREATE EXTENSION dblink; SELECT dblink_connect('host=127.0.0.1 port=${port} user=me password=hidden connect_timeout=5')`;
    return await ask(server, calling).catch((error: { stderr: string }) => error.stderr);
  }

  it.skipIf(!givesNamespaces)('is none: not even the superuser reaches a port of this machine', async () => {
    const peer = await listeningPeer();
    await using server = await ScratchServer.start({ launch, scratch: scratchFolder(), templates, signal: never });
    expect(networkOf(server.pid)).toEqual({ interfaces: ['lo'], isOurs: false });
    expect(await call(server, peer.port)).toContain('Network is unreachable');
    expect(peer.connections).toBe(0);
  });

  it("is the machine's where that was asked for", async () => {
    const peer = await listeningPeer();
    await using server = await ScratchServer.start({ launch, scratch: scratchFolder(), templates, signal: never, network: 'host' });
    expect(networkOf(server.pid).isOurs).toBe(true);
    await call(server, peer.port);
    expect(peer.connections).toBeGreaterThan(0);
  });

  it("is the machine's where the system gives no other, and the server answers all the same", async () => {
    vi.stubEnv('PATH', temporaryFolder());
    await using server = await ScratchServer.start({ launch, scratch: scratchFolder(), templates, signal: never });
    vi.unstubAllEnvs();
    expect(networkOf(server.pid).isOurs).toBe(true);
    expect(await ask(server, 'SELECT 1')).toBe('1');
  });
});

describe('when the process that started a scratch server is killed', () => {
  function hold(scratch: string, { kept = '', ...identity }: { uid?: number; gid?: number; kept?: string } = {}) {
    const child = spawn(process.execPath, [holder, folder, scratch, kept], { stdio: ['ignore', 'pipe', 'inherit'], detached: true, ...identity });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  }

  async function started(child: ReturnType<typeof hold>): Promise<number> {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return (JSON.parse(line) as { pid: number }).pid;
  }

  it.each([
    ['alone, without a chance to tidy up', 'SIGKILL', 1],
    ['with its whole group, as Ctrl-C in a terminal does', 'SIGINT', -1],
    ['with its whole group, without a chance', 'SIGKILL', -1],
  ] as const)('%s, the server and its folder go', async (_, signal, sign) => {
    const scratch = scratchFolder();
    const child = hold(scratch, { kept: templates });
    const pid = await started(child);
    expect(lives(pid)).toBe(true);
    process.kill(sign * (child.pid ?? 0), signal);
    await vi.waitFor(() => expect({ lives: lives(pid), left: readdirSync(scratch) }).toEqual({ lives: false, left: [] }), 8000);
  });

  it.skipIf(!isRoot || !othersCanRead(holder))('as a user that the machine does not know, the server had started all the same', async () => {
    const scratch = scratchFolder();
    chmodSync(scratch, 0o777);
    const child = hold(scratch, { uid: 4242, gid: 4242 });
    const pid = await started(child);
    expect(/^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]).toBe('4242');
    if (givesNamespaces) expect(networkOf(pid)).toEqual({ interfaces: ['lo'], isOurs: false });
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(readdirSync(scratch)).toEqual([]), 8000);
  });

  it('while initdb runs, initdb and the folder go', async () => {
    const scratch = scratchFolder();
    const child = hold(scratch);
    await vi.waitFor(() => expect(readdirSync(scratch, { recursive: true }).join()).toContain('PG_VERSION'), 10_000);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(readdirSync(scratch)).toEqual([]), 8000);
    await sleep(300);
    expect(existsSync(scratch) && readdirSync(scratch)).toEqual([]);
  });
});
