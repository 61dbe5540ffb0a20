import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { carryOut } from '../../core/operations/orders/orders.ts';
import { runBackup, type Steps } from '../../local/workflow.ts';
import { stepsWithChangedDump } from '../support/changed-dump.ts';
import { mailsOf } from '../support/mail.ts';
import { never } from '../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';
import { query, type ServerAddress, startPostgresServer } from '../support/postgres-server.ts';
import { preparedDatabase } from '../support/postgres-servers.ts';
import { urlOf } from '../support/postgres-work.ts';
import { children } from '../support/processes.ts';
import { coldStart } from '../support/programs.ts';
import { isRunning, startOf } from '../support/started-again.ts';
import { flip } from '../support/stored-dump.ts';
import { stepsWith } from '../support/wrapped-steps.ts';

const slot = '2026-11-22T02:00:00Z';
const id = 'main-20261122_020000Z';
const dumpKey = 'main/2026/11/backup_20261122_020000Z.sql.zst';
const scanKey = 'main/2026/11/backup_20261122_020000Z.scan.json';
/** About 10 MB, which is several blocks and frames. */
const sample = `CREATE TABLE person (id integer, name text); INSERT INTO person VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Barbara');
  CREATE TABLE large (id integer, text text); INSERT INTO large SELECT n, md5(n::text) || repeat(md5(n::text), 9) FROM generate_series(1, 30000) n`;

const prepared = preparedDatabase(sample);

interface Source {
  server: ServerAddress;
  database: string;
}

interface Scene extends Source {
  platform: TestPlatform;
}

async function scene({ language = 'en', given }: { language?: 'en' | 'fr'; given?: Source } = {}): Promise<Scene> {
  const source = given ?? (await prepared());
  const databases = { main: { engine: 'postgres', connection: { url: urlOf(source.server, source.database) } } } as const;
  return { platform: await testPlatform({ config: { databases, language } }), ...source };
}

/** Runs the backup to a failure: no backup is known or visible, the run says why, and one mail has been sent, which is returned. */
async function failure(platform: TestPlatform, { error, attempts, left }: { error: string; attempts: number; left: string[] }, steps?: Steps): Promise<string> {
  expect(await runBackup(platform, request(slot), never, steps)).toMatchObject({ status: 'FAILED', error });
  expect(platform.clock.slept).toEqual(Array.from({ length: attempts - 1 }, () => 60));
  expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'failed', attempts, error: { name: error } });
  expect((await platform.catalogue.backups.list()).items).toEqual([]);
  expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ kind: 'backup-failed', last: { error: { name: error } } }]);
  expect((await platform.vault.list('')).map(({ key }) => key)).toEqual(left);
  const [mail = '', ...others] = mailsOf(platform);
  expect(others).toEqual([]);
  expect(mail).toContain(error);
  return mail;
}

const wordings = {
  en: 'the test restore failed',
  fr: "l'essai de restauration a échoué",
} as const;

/** Where frames of a zstd file begin. */
function frames(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf('28b52ffd', 0, 'hex'); at >= 0; at = bytes.indexOf('28b52ffd', at + 1, 'hex')) found.push(at);
  return found;
}

// `core/bytes/stored.test.ts` shows every other flip and cut
describe('a stored dump that is changed before its proof is refuted, is no backup, and stays for inspection:', () => {
  const changes: [string, 'en' | 'fr', string, (path: string) => void][] = [
    ['a byte flipped in its middle', 'en', 'its bytes were changed', (path) => flip(path, readFileSync(path).length >> 1)],
    ['cut to nothing', 'fr', 'it was cut or changed', (path) => truncateSync(path, 0)],
    ['cut between two frames', 'fr', 'it was cut or changed', (path) => truncateSync(path, frames(readFileSync(path))[2])],
  ];
  it.each(changes)(
    '%s',
    async (_, language, words, change) => {
      const { platform } = await scene({ language });
      const steps = stepsWith(platform, 'prove', { before: () => change(join(platform.vault.root, dumpKey)) });
      const mail = await failure(platform, { error: 'BackupRefutedError', attempts: 1, left: [scanKey, dumpKey] }, steps);
      expect(mail).toContain(wordings[language]);
      expect(mail).toContain(words);
      expect(mail).toContain(dumpKey);
    },
    coldStart,
  );
});

describe('a dump that was changed between dump and store, every checksum right, is refuted:', () => {
  it.each([
    [
      'a row is missing, and a table is empty',
      'en',
      (text: string) => text.replace('2\tGrace\n', '').replace(/^(COPY public\.large .*\n)(?:\d.*\n)*/m, '$1'),
      ['table public.person has 2 rows instead of 3', 'table public.large has 0 rows instead of 30000'],
    ],
    ['a letter is another', 'fr', (text: string) => text.replace('2\tGrace\n', '2\tGrbce\n'), ['table public.person has other contents in its 3 rows']],
  ] as const)('%s', async (_, language, change, words) => {
    const { platform } = await scene({ language });
    const mail = await failure(platform, { error: 'BackupRefutedError', attempts: 1, left: [scanKey, dumpKey] }, stepsWithChangedDump(platform, change));
    for (const said of [wordings[language], ...words]) expect(mail).toContain(said);
    expect(mail).not.toMatch(/Grace|Grbce/);
  });
});

const mebibyte = 1024 * 1024;

describe('a dump that breaks off leaves nothing in the vault, is tried four times and reported once:', () => {
  const ends: [string, string, number, (scene: Scene) => unknown][] = [
    ...[1, 8].map((blocks): [string, string, number, () => unknown] => [
      `pg_dump is killed after ${blocks} MiB`,
      'ToolFailedError',
      blocks * mebibyte,
      () => children('pg_dump').map((pid) => process.kill(pid, 'SIGKILL')),
    ]),
    [
      'its connection is ended',
      'SourceUnreachableError',
      2 * mebibyte,
      async ({ server, database }) => {
        const stopped = children('pg_dump'); // so that it is not done before psql has started
        for (const pid of stopped) process.kill(pid, 'SIGSTOP');
        await query(server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND application_name = 'pg_dump'`);
        for (const pid of stopped) process.kill(pid, 'SIGCONT');
      },
    ],
  ];
  it.each(ends)('%s', async (_, error, after, end) => {
    const set = await scene();
    set.platform.log.onProgress = ({ bytes }) => bytes === after && end(set);
    await failure(set.platform, { error, attempts: 4, left: [] });
    expect([...children('pg_dump'), ...children('psql')]).toEqual([]);
  });

  it('the server is killed; started from an older copy of its files, it is told from what it was, until that is accepted', async () => {
    await using server = await startPostgresServer(18);
    await query(server, `${sample}; CHECKPOINT`);
    const [start, older] = [startOf(server.pid), `${server.data}.older`];
    execFileSync('cp', ['-a', server.data, older]);
    const given = { server, database: 'postgres' };
    const { platform } = await scene({ given });
    let killed = false;
    platform.log.onProgress = () => {
      if (!killed) process.kill(server.pid, 'SIGQUIT');
      killed = true;
    };
    await failure(platform, { error: 'SourceUnreachableError', attempts: 4, left: [] }).finally(() => expect(killed).toBe(true));
    expect([...children('pg_dump'), ...children('psql')]).toEqual([]);

    await expect.poll(() => isRunning(server.pid)).toBe(false);
    const again = start();
    await expect
      .poll(() => query(server, 'CREATE TABLE further AS SELECT generate_series(1, 1000); CHECKPOINT').catch(() => 'not yet'), { timeout: 30_000 })
      .toBe('');
    const { platform: later } = await scene({ given });
    expect(await runBackup(later, request(slot), never)).toMatchObject({ status: 'SUCCEEDED' });
    const ended = once(again, 'exit');
    again.kill('SIGQUIT');
    await ended;
    rmSync(server.data, { recursive: true });
    renameSync(older, server.data);
    rmSync(join(server.data, 'postmaster.pid'));
    start();
    await expect.poll(() => query(server, "SELECT to_regclass('further') IS NULL").catch(() => 'not yet'), { timeout: 30_000 }).toBe('t');
    const next = '2026-11-23T02:00:00Z';
    later.clock.set(next);
    expect(await runBackup(later, request(next), never)).toMatchObject({ status: 'SUCCEEDED' });
    const strangers = async () => (await later.catalogue.backups.list()).items.map(({ id, stranger }) => [id, stranger]);
    const mark = expect.stringMatching(new RegExp(`^system identifier \\d+, database postgres, in an older state than in the backup ${id}$`));
    expect(await strangers()).toEqual([
      ['main-20261123_020000Z', mark],
      [id, undefined],
    ]);
    expect((await later.catalogue.incidents.list()).items).toMatchObject([
      { kind: 'source-changed', last: { error: { message: expect.stringContaining('in an older state') } } },
    ]);
    expect(await carryOut(later, { action: 'accept', database: 'main' }, { by: 'cli:alice' })).toEqual({ database: 'main', mark });
    expect((await strangers()).map(([, stranger]) => stranger)).toEqual([undefined, undefined]);
    expect((await later.catalogue.incidents.list()).items).toEqual([]);
  });

  it('once only, and the next try makes the backup', async () => {
    const { platform } = await scene();
    let killed = false;
    platform.log.onProgress = ({ bytes }) => {
      if (killed || bytes < 3 * mebibyte) return;
      killed = true;
      for (const pid of children('pg_dump')) process.kill(pid, 'SIGKILL');
    };
    expect(await runBackup(platform, request(slot), never)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await platform.catalogue.backups.list()).items).toMatchObject([{ id, status: 'published', proof: { verdict: 'proven' } }]);
    expect(platform.clock.slept).toEqual([60]);
    expect(mailsOf(platform)).toEqual([]);
  });
});
