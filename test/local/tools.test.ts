import { chmodSync, cpSync, existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Client } from '../../core/programs/tools.ts';
import { LocalTools } from '../../local/tools.ts';
import { testWork } from '../support/engine-work.ts';
import { temporaryFolder } from '../support/folder.ts';
import { TestLog } from '../support/log.ts';
import { query } from '../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../support/postgres-servers.ts';
import { postgresDump, urlOf } from '../support/postgres-work.ts';
import { coldStart, serverFolder, toolsFolder } from '../support/programs.ts';
import { canMount, smallDisk } from '../support/small-disk.ts';

const tools = () => new LocalTools(new TestLog());
const signal = () => AbortSignal.timeout(coldStart);

/** A folder with a program that says this of its version, or whose script is this. */
function folderWith(programs: Partial<Record<Client, number | string>>): string {
  const folder = temporaryFolder();
  for (const [program, what] of Object.entries(programs)) {
    writeFileSync(join(folder, program), `#!/bin/sh\n${typeof what === 'number' ? `echo '${program} (PostgreSQL) ${what}.2 (Debian ${what}.2-1)'` : what}\n`);
    chmodSync(join(folder, program), 0o755);
  }
  return folder;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the server that proves dumps of PostgreSQL', () => {
  it.each([15, 17, 18] as const)('%i is of that version, which is known before it is built too', { timeout: coldStart }, async (major) => {
    const known = await tools().serverVersion('postgres', major);
    const said = await query(await postgresServer(major), 'SHOW server_version');
    expect(said.split(' ')[0]).toBe(known);
    vi.stubEnv('SAUVEGARDE_CACHE', temporaryFolder());
    expect(await tools().serverVersion('postgres', major)).toMatch(new RegExp(`^${major}\\.\\d+$`));
  });

  it('16, which Debian has not, is the newest', async () => {
    expect(await tools().older('postgres', 16, signal())).toBeUndefined();
    expect(await tools().serverVersion('postgres', 16)).toMatch(/^18\./);
  });

  it('is the newest where its own cannot be built, and the reason is a warning', async () => {
    vi.stubEnv('SAUVEGARDE_CACHE', temporaryFolder());
    vi.stubEnv('SAUVEGARDE_DEB_MIRRORS', 'http://127.0.0.1:1');
    const log = new TestLog();
    expect(await new LocalTools(log).older('postgres', 15, AbortSignal.timeout(60_000))).toBeUndefined();
    expect(log.lines.join()).toMatch(/the PostgreSQL 15 server that a proof restores into could not be built: .*The newest version proves instead/);
    await expect(new LocalTools(log).older('postgres', 15, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});

describe("PostgreSQL's programs", () => {
  it.each<[string, Partial<Record<Client, number | string>>[], Record<'pg_dump' | 'psql', number | 'built'>]>([
    ['are built when there are none on PATH', [], { pg_dump: 'built', psql: 'built' }],
    ['are built when those on PATH are of version 15', [{ pg_dump: 15, psql: 15 }], { pg_dump: 'built', psql: 'built' }],
    ['are those on PATH when they are of version 18', [{ pg_dump: 18, psql: 18 }], { pg_dump: 0, psql: 0 }],
    [
      'are those further on PATH when the first are too old',
      [
        { pg_dump: 17, psql: 17 },
        { pg_dump: 18, psql: 19 },
      ],
      { pg_dump: 1, psql: 1 },
    ],
    ['are chosen one by one', [{ pg_dump: 18 }, { psql: 16 }], { pg_dump: 0, psql: 'built' }],
    ['are built when those on PATH do not run', [{ pg_dump: 'exit 1', psql: 'echo 99' }], { pg_dump: 'built', psql: 'built' }],
  ])(
    '%s',
    async (_, path, expected) => {
      const built = await toolsFolder();
      const folders = path.map(folderWith);
      vi.stubEnv('PATH', ['', 'not/absolute', ...folders].join(delimiter));
      for (const program of ['pg_dump', 'psql'] as const) {
        const { command } = await tools().client(program, signal());
        const place = expected[program];
        expect(command).toMatch(place === 'built' ? new RegExp(`^${built}/lib/ld-linux`) : join(folders[place] ?? '', program));
      }
    },
    coldStart,
  );

  it(
    'are asked for their version once a minute, under whatever path, and again when they were replaced',
    async () => {
      const asked = join(temporaryFolder(), 'asked');
      const program = (version: number) => ({ psql: `echo asked >>'${asked}'; echo 'psql (PostgreSQL) ${version}.2'` });
      const [folder, link] = [folderWith(program(17)), join(temporaryFolder(), 'link')];
      symlinkSync(folder, link);
      vi.stubEnv('PATH', [folder, link].join(delimiter));
      const times = () => readFileSync(asked, 'utf8').trim().split('\n').length;
      for (const _ of [1, 2]) expect((await tools().client('psql', signal())).command).toMatch(/ld-linux/);
      expect(times()).toBe(1);
      vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_001);
      await tools().client('psql', signal());
      expect(times()).toBe(2);
      renameSync(join(folderWith(program(18)), 'psql'), join(folder, 'psql'));
      expect((await tools().client('psql', signal())).command).toBe(join(folder, 'psql'));
      vi.restoreAllMocks();
    },
    coldStart,
  );

  it(
    'work together when one is from PATH and the other built',
    async () => {
      const server = await postgresServer(18);
      const database = await newDatabase(server);
      await query(server, 'CREATE TABLE note AS SELECT 1 AS id', { database });
      const mark = join(temporaryFolder(), 'mark');
      const folder = folderWith({ pg_dump: `echo >'${mark}'\nexec '${await toolsFolder()}/bin/pg_dump' "$@"` });
      vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
      const { scan } = await postgresDump(urlOf(server, database), testWork());
      expect(scan.tables.map(({ rows }) => rows)).toEqual([1]);
      expect(existsSync(mark)).toBe(true);
    },
    coldStart,
  );
});

describe("MySQL's and MariaDB's programs", () => {
  const mysqldump = (version: string) => `mysqldump  Ver ${version} for Linux on x86_64 (MySQL Community Server - GPL)`;
  it.each<[string, Client, string, boolean]>([
    ['MySQL of our version', 'mysqldump', mysqldump('9.7.0'), true],
    ['MySQL of a later major version', 'mysqldump', mysqldump('10.0.1'), true],
    ['an older MySQL', 'mysqldump', mysqldump('9.6.9'), false],
    ['a much older MySQL', 'mysql', mysqldump('8.4.10'), false],
    ['MariaDB under the name of MySQL', 'mysqldump', 'mysqldump  Ver 10.19 Distrib 10.11.18-MariaDB, for debian-linux-gnu (x86_64)', false],
    ['a newer MariaDB under the name of MySQL', 'mysqldump', 'mysqldump from 12.3.1-MariaDB, client 10.19 for debian-linux-gnu (x86_64)', false],
    ['MariaDB of our version', 'mariadb-dump', 'mariadb-dump from 11.8.6-MariaDB, client 10.19 for debian-linux-gnu (x86_64)', true],
    ['an older MariaDB', 'mariadb', 'mariadb  Ver 15.1 Distrib 10.11.18-MariaDB, for debian-linux-gnu (x86_64)', false],
    ['MariaDB of an older minor version', 'mariadb', 'mariadb from 11.4.9-MariaDB, client 15.2 for debian-linux-gnu (x86_64)', false],
  ])(
    'are told apart on PATH: %s (%s)',
    async (_, program, answer, isTaken) => {
      const folder = folderWith({ [program]: `echo '${answer}'` });
      vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
      const { command, env } = await tools().client(program, signal());
      expect(command === join(folder, program)).toBe(isTaken);
      expect(Object.keys(env).length).toBe(isTaken ? 0 : 1);
    },
    coldStart,
  );

  it(
    'of the servers are those of their family',
    async () => {
      expect((await tools().server('mysql', signal()))('mysqld').args).toContain('--no-defaults');
      const mariadb = await tools().server('mariadb', signal());
      expect(existsSync(mariadb('mariadb-install-db').input ?? '')).toBe(true);
      expect(existsSync(join(mariadb('mariadb-tzinfo-to-sql').links.zoneinfo ?? '', 'Europe/Paris'))).toBe(true);
    },
    coldStart,
  );
});

describe('programs that cannot be built', () => {
  let cache: string;
  beforeEach(() => {
    cache = join(temporaryFolder(), 'cache');
    vi.stubEnv('PATH', temporaryFolder()); // whoever runs this may have them
    vi.stubEnv('SAUVEGARDE_CACHE', cache);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'no mirror answers',
      { SAUVEGARDE_DEB_MIRRORS: 'http://127.0.0.1:7' },
      /version 18 or newer, and could not be built: could not fetch pool\S+ from http:\/\/127\.0\.0\.1:7: .*Check the network, or set SAUVEGARDE_DEB_MIRRORS.*Or install .*postgresql-client-18/,
    ],
    ['the mirror is no address', { SAUVEGARDE_DEB_MIRRORS: 'foo' }, /SAUVEGARDE_DEB_MIRRORS must hold http or https addresses; it holds "foo"/],
    [
      'the cache cannot be written',
      { SAUVEGARDE_CACHE: '/dev/null/cache' },
      /could not write into \/dev\/null\/cache: a folder is expected, .* \(ENOTDIR\); let this user write there, or choose another folder by .*SAUVEGARDE_CACHE/,
    ],
  ])('say what to do when %s', async (_, environment, message) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    await expect(tools().client('pg_dump', signal())).rejects.toThrow(
      expect.objectContaining({ name: 'ToolMissingError', message: expect.stringMatching(message) }),
    );
  });

  it('say what to do on a machine that Debian has no packages for', async () => {
    const own = process.arch;
    Object.defineProperty(process, 'arch', { value: 'riscv64' });
    onTestFinished(() => void Object.defineProperty(process, 'arch', { value: own }));
    await expect(tools().client('psql', signal())).rejects.toThrow(/for x64 and arm64, and this machine is riscv64\. Or install psql/);
    await expect(tools().server('postgres', signal())).rejects.toThrow(/the PostgreSQL server that a proof restores into could not be built: .*riscv64$/);
  });

  // 12 MiB hold less than the packages; 40 the packages, but not what is in them
  it.skipIf(!canMount()).each([12, 40])(
    'say so when %i MiB are all the space there is',
    async (mebibytes) => {
      vi.stubEnv('PATH', '/usr/bin:/bin');
      vi.stubEnv('SAUVEGARDE_CACHE', join(smallDisk(mebibytes), 'cache'));
      await expect(tools().server('postgres', signal())).rejects.toThrow(
        expect.objectContaining({ name: 'StorageFullError', message: expect.stringMatching(/no space is left for them in .*; free about 500 MB there/) }),
      );
    },
    coldStart,
  );

  it.skipIf(process.getuid?.() !== 0)(
    'say so when root keeps them where the server, which does not run as root, cannot go',
    async () => {
      vi.unstubAllEnvs();
      const built = await serverFolder(18);
      vi.stubEnv('SAUVEGARDE_CACHE', cache);
      cpSync(built, join(cache, 'layers', basename(built)), { recursive: true, preserveTimestamps: true });
      await expect(tools().server('postgres', signal())).rejects.toThrow(/nobody else may enter .*\/layers\/database-servers.* Run "chmod o\+x"/);
    },
    coldStart,
  );
});
