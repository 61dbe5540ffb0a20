import { existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configure, project, sauvegarde, start } from '../support/cli.ts';
import { filesIn } from '../support/folder.ts';
import { mailsOf } from '../support/mail.ts';
import { countRows, sampleDatabase } from '../support/sqlite.ts';

/** Its slot does not pass while a test runs. */
const onceAYear = { databases: { app: { engine: 'sqlite', file: 'app.sqlite3', schedule: '30 3 1 1 *' } } } as const;

describe('local', () => {
  it('says what it protects and when, makes the first backup at once, says where it is, stays, and stops on SIGINT', async () => {
    const folder = project({ ...onceAYear, timeZone: 'America/Cayenne' });
    const running = start(folder, ['local']);
    await running.until(/Ctrl-C stops/);
    expect(running.said.stdout).toMatch(/^Sauvegarde protects 1 database; times are in America\/Cayenne\n {2}app\n {4}what {5}sqlite, \.\/app\.sqlite3\n/);
    expect(running.said.stdout).toMatch(/^ {4}next {5}\w{3} 01 Jan \d{4} 03:30:00$/m);
    await running.until(/^ {2}next {5}\w{3} 01 Jan \d{4} 03:30:00 \(America\/Cayenne\)$/m);
    expect(running.said.stdout).toMatch(/^app-\d{4}0101_063000Z: backed up .* \(3 tables, 103 rows\) in [\d.]+ s\n {2}stored {3}.*\n {2}proof {4}proven: /m);
    process.kill(running.pid, 'SIGINT');
    const { status, stdout } = await running.ended;
    expect(status).toBe(0);
    expect(stdout).toMatch(/\nstopped\n$/);
    expect(filesIn(join(folder, 'state'))).toEqual(['catalogue.sqlite3']);
  });

  it('makes no second backup of a slot at the next start', async () => {
    const folder = project(onceAYear);
    const first = start(folder, ['local']);
    await first.until(/^ {2}proof {4}proven/m);
    process.kill(first.pid, 'SIGTERM');
    expect((await first.ended).status).toBe(0);
    const second = start(folder, ['local']);
    await second.until(/Ctrl-C stops/);
    await second.until(/cleaned up|Ctrl-C stops/);
    process.kill(second.pid, 'SIGTERM');
    expect((await second.ended).status).toBe(0);
    expect(JSON.parse((await sauvegarde(folder, ['list', '--runs', '--json'])).stdout)).toHaveLength(1);
  });

  it('protects a file that is named instead, under a name made of its own', async () => {
    const folder = project();
    const file = sampleDatabase(join(folder, 'Été à la Mer_2.SQLite3'), { rows: 4 });
    const running = start(folder, ['local', basename(file)]);
    await running.until(/^ {2}proof {4}proven/m);
    process.kill(running.pid, 'SIGINT');
    expect((await running.ended).status).toBe(0);
    const listed = JSON.parse((await sauvegarde(folder, ['list', '--json'])).stdout) as { database: string; rows: number }[];
    expect(listed).toMatchObject([{ database: 'ete-a-la-mer-2', rows: 11 }]);
  });

  it('creates and protects the demonstration database of the configuration as shipped', async () => {
    const folder = project();
    configure(folder, { databases: { demo: { engine: 'sqlite', file: 'state/demonstration.sqlite3' } } });
    const running = start(folder, ['local']);
    await running.until(/^ {2}proof {4}proven/m);
    process.kill(running.pid, 'SIGINT');
    expect((await running.ended).status).toBe(0);
    const rows = Object.values(countRows(join(folder, 'state/demonstration.sqlite3'))).reduce((sum, count) => sum + count, 0);
    expect(rows).toBeGreaterThan(20_000);
    expect(running.said.stdout).toMatch(/^demo-\S+: backed up [\d.]+ MB /m);
  });
});

describe('local with a file', () => {
  it.each<[what: string, file: string, status: number, why: RegExp]>([
    ['that is missing', 'missing.sqlite3', 1, /error: there is no file .*missing\.sqlite3\nCheck the path/],
    ['that is no database', 'sauvegarde.config.ts', 1, /sauvegarde\.config\.ts is not an SQLite database/],
  ])('%s fails at once with a clear error, and creates no file of that name', async (_, file, status, why) => {
    const folder = project();
    const end = await sauvegarde(folder, ['local', file]);
    expect(end).toMatchObject({ status, stdout: '' });
    expect(end.stderr).toMatch(why);
    expect(existsSync(join(folder, 'missing.sqlite3'))).toBe(false);
    expect(filesIn(join(folder, 'vault'))).toEqual([]);
  });
});

it('local with a configured source that is missing stays, and says at once what is wrong', async () => {
  const folder = project({ ...onceAYear, administrators: ['admin@example.org'] });
  rmSync(join(folder, 'app.sqlite3'));
  const running = start(folder, ['local']);
  await running.until(/warning: app-\S+: Dump database failed: there is no file .*app\.sqlite3; again in 60 s/);
  process.kill(running.pid, 'SIGTERM');
  expect((await running.ended).status).toBe(0);
  expect(mailsOf({ state: join(folder, 'state') })).toHaveLength(1);
});
