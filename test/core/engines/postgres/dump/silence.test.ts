import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { dump } from '../../../../../core/engines/postgres/dump/dump.ts';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { query, type ServerAddress } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer, preparedDatabase } from '../../../../support/postgres-servers.ts';
import { postgresSource, urlOf } from '../../../../support/postgres-work.ts';
import { children } from '../../../../support/processes.ts';
import { coldStart } from '../../../../support/programs.ts';

/** More than the sockets between server and pg_dump hold: their buffers grow to 10 MB. */
const sample = `CREATE TABLE large (id integer, text text); INSERT INTO large SELECT n, repeat(md5(n::text), 40) FROM generate_series(1, 30000) n`;
const patience = 4000;

const largeDatabase = preparedDatabase(sample);

const unreachable = (words: string) => ({ name: 'SourceUnreachableError', message: expect.stringContaining(words) });

/** Reads a dump to its end, unless it is an error before. */
async function read(server: ServerAddress, database: string, atFirst: () => unknown, work = testWork()): Promise<void> {
  await using dumping = await dump(postgresSource(urlOf(server, database, { parameters: { sslmode: 'disable' } })), work, { patience });
  const blocks = dumping.bytes[Symbol.asyncIterator]();
  await blocks.next();
  await atFirst();
  while (!(await blocks.next()).done);
}

/** Stops the server's processes that serve a program, as a machine that swaps or a hypervisor that stands still does. */
async function freeze(server: ServerAddress, database: string, program: string): Promise<void> {
  const asked = await query(server, `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND application_name = '${program}'`);
  const found = asked.split('\n').filter(Boolean).map(Number);
  expect(found).toHaveLength(1);
  for (const pid of found) process.kill(pid, 'SIGSTOP');
  onTestFinished(() => {
    for (const pid of found) process.kill(pid, 'SIGCONT');
  });
}

/** A way to the server that can fall silent: nothing is passed on any more, and nobody hangs up. */
async function way({ host, port }: ServerAddress): Promise<{ port: number; fallSilent(): void }> {
  const sockets: Socket[] = [];
  const listener = createServer((socket) => {
    const inner = connect(port, host);
    sockets.push(socket, inner);
    for (const each of [socket, inner]) each.on('error', () => undefined); // the other side went away
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
  const fallSilent = () => {
    for (const socket of sockets) socket.unpipe().pause();
  };
  return { port: address.port, fallSilent };
}

it(
  'a server that freezes in the middle of a dump is given up after a while, and nothing is left',
  async () => {
    const { server, database } = await largeDatabase();
    const work = testWork();
    await expect(read(server, database, () => freeze(server, database, 'pg_dump'), work)).rejects.toMatchObject(unreachable('received nothing'));
    await expect.poll(() => [...children('pg_dump'), ...children('psql'), ...leftIn(work)]).toEqual([]);
  },
  coldStart,
);

it('a way to the server that falls silent in the middle of a dump is given up after a while, and nothing is left', async () => {
  const { server, database } = await largeDatabase();
  const { port, fallSilent } = await way(server);
  const work = testWork();
  await expect(read({ ...server, port }, database, fallSilent, work)).rejects.toMatchObject(unreachable('received nothing'));
  await expect.poll(() => [...children('pg_dump'), ...children('psql'), ...leftIn(work)]).toEqual([]);
});

it('a query that is not answered is given up after a while, and psql with it', async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  // the inventory reads this table; a lock stands for whatever keeps a server from answering
  const locking = query(server, 'BEGIN; LOCK TABLE pg_publication IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)', { database });
  locking.catch(() => undefined); // ended when the database is dropped
  const locked = `SELECT count(*) FROM pg_locks WHERE relation = 'pg_publication'::regclass AND mode = 'AccessExclusiveLock' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = '${database}')`;
  await expect.poll(() => query(server, locked)).toBe('1');
  await expect(read(server, database, () => undefined)).rejects.toMatchObject(unreachable('has not answered a query for 4 s'));
  expect(children('psql')).toHaveLength(1); // the one that holds the lock
});

it('a reader that takes longer than the server may be silent is no silence', async () => {
  const { server, database } = await largeDatabase();
  await read(server, database, () => new Promise((resolve) => setTimeout(resolve, 1.5 * patience)));
});

it('the kernel asks after a minute whether a silent server is still there', async () => {
  const { server, database } = await largeDatabase();
  await read(server, database, () =>
    expect
      .poll(() => timers().filter(({ isKeepalive }) => isKeepalive), { timeout: 20_000 })
      .toSatisfy((asking: ReturnType<typeof timers>) => asking.length >= 2 && asking.every(({ isWithinMinute }) => isWithinMinute)),
  );
});

/** Timers of our programs' connections: pg_dump's, that of the snapshot, and while it lasts one that counts rows. */
function timers(): { isKeepalive: boolean; isWithinMinute: boolean }[] {
  const sockets = new Set([...children('pg_dump'), ...children('psql')].flatMap(socketsOf));
  // "tr tm->when": 02 is the timer of keepalives, in hundredths of a second
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => sockets.has(columns[9] ?? ''))
    .map((columns) => columns[5]?.split(':') ?? [])
    .map(([kind, left = '']) => ({ isKeepalive: kind === '02', isWithinMinute: Number.parseInt(left, 16) <= 6000 }));
}

/** The inodes of a process's sockets. */
function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []);
}
