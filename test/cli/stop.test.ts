import { linkSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Ended, project, sauvegarde, start } from '../support/cli.ts';
import { filesIn } from '../support/folder.ts';
import { sampleDatabase } from '../support/sqlite.ts';

/** Its slot does not pass while a test runs. */
const onceAYear = { databases: { app: { engine: 'sqlite', file: 'app.sqlite3', schedule: '30 3 1 1 *' } } } as const;
const shelf = mkdtempSync(join(tmpdir(), 'sauvegarde-large-'));
const large = join(shelf, 'large.sqlite3');

/** 200 MB that do not compress: enough to be met in the middle. */
beforeAll(() => {
  using database = new DatabaseSync(large);
  database.exec('PRAGMA page_size = 65536; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE blob (id INTEGER PRIMARY KEY, bytes BLOB)');
  database.exec('WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) INSERT INTO blob SELECT i, randomblob(10000000) FROM n');
});
afterAll(() => rmSync(shelf, { recursive: true, force: true }));

interface Run {
  status: string;
  attempts: number;
  error?: { name: string };
}

it.each<[when: string, grown: RegExp, left: RegExp]>([
  ['uploads', /^vault\/\.unfinished\//, /^$/],
  ['proves', /restored\.sqlite3$/, /\.scan\.json$|\.sqlite3\.zst$/], // the dump is whole; it stays for inspection
])('Ctrl-C, which its children get too, stops it cleanly while it %s: nothing half-written and no stuck record', async (_, grown, left) => {
  const folder = largeProject();
  const running = start(folder, ['local'], { detached: true });
  await hasGrown(folder, grown, running.ended);
  process.kill(-running.pid, 'SIGINT');

  const { status, stdout } = await running.ended;
  expect(status).toBe(0);
  expect(stdout).toMatch(/\nstopped\n$/);
  expect(stdout).not.toContain('backed up');
  expect(filesIn(join(folder, 'state'))).toEqual(['catalogue.sqlite3']);
  for (const file of filesIn(join(folder, 'vault'))) expect(file).toMatch(left);
  expect(await runsOf(folder)).toMatchObject([{ status: 'failed', attempts: 1, error: { name: 'InterruptedError' } }]);
});

it('what SIGTERM stopped while it copied is made up for at the next start', async () => {
  const folder = largeProject();
  const running = start(folder, ['local']);
  await hasGrown(folder, /copy\.sqlite3$/, running.ended);
  process.kill(running.pid, 'SIGTERM');
  expect((await running.ended).status).toBe(0);
  expect(filesIn(join(folder, 'vault'))).toEqual([]);
  rmSync(join(folder, 'app.sqlite3'));
  sampleDatabase(join(folder, 'app.sqlite3'));
  const again = start(folder, ['local']);
  await again.until(/^ {2}proof {4}proven/m);
  process.kill(again.pid, 'SIGTERM');
  expect((await again.ended).status).toBe(0);
  expect(await runsOf(folder)).toMatchObject([{ status: 'succeeded', attempts: 2 }]);
});

it('a signal that comes again until the end, as a launcher passes it on, ends a service cleanly', async () => {
  const running = start(project(), ['local']);
  await running.until(/Ctrl-C stops/);
  const begun = performance.now();
  const isOver = running.ended.then(() => true);
  // for less than the second after which another signal means "at once"
  do if (performance.now() - begun < 900) terminate(running.pid);
  while (!(await Promise.race([isOver, setTimeout(1, false)])));
  expect(await running.ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/stopped\n$/) });
});

/** Sends SIGTERM to a process that may have ended by itself. */
function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

it('a backup that is stopped exits with 130 and leaves nothing', async () => {
  const folder = largeProject();
  const running = start(folder, ['backup']);
  await hasGrown(folder, /copy\.sqlite3$/, running.ended);
  process.kill(running.pid, 'SIGINT');
  const { status, stdout, stderr } = await running.ended;
  expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
  expect(stderr).toMatch(/attempt 1\)\n\S+Z error: stopped by a signal\n$/);
  expect(filesIn(join(folder, 'state'))).toEqual(['catalogue.sqlite3']);
  expect(filesIn(join(folder, 'vault'))).toEqual([]);
});

function largeProject(): string {
  const folder = project(onceAYear);
  rmSync(join(folder, 'app.sqlite3'));
  linkSync(large, join(folder, 'app.sqlite3'));
  return folder;
}

/** Waits until the file of that name has more than a megabyte. */
async function hasGrown(folder: string, name: RegExp, ended: Promise<Ended>): Promise<void> {
  let over = false;
  ended.finally(() => {
    over = true;
  });
  const sizeOf = (file: string) => statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0;
  while (!filesIn(folder).some((file) => name.test(file) && sizeOf(file) > 1_000_000)) {
    if (over) throw new Error(`it ended before ${name} had grown: ${JSON.stringify(await ended)}`);
    await setTimeout(5);
  }
}

async function runsOf(folder: string): Promise<Run[]> {
  return JSON.parse((await sauvegarde(folder, ['list', '--runs', '--json'])).stdout) as Run[];
}
