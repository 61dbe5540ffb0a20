import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../support/folder.ts';

const most = 250; // MB, of the service and of each program that it starts

/** 300 MB of large and small rows, in a second. */
function largeDatabase(path: string): void {
  using database = new DatabaseSync(path);
  const numbers = (count: number) => `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE large (id INTEGER PRIMARY KEY, kind TEXT, body BLOB);
    CREATE INDEX large_by_kind ON large (kind);
    CREATE TABLE small (id INTEGER PRIMARY KEY, body TEXT);
    ${numbers(2800)} INSERT INTO large SELECT i, 'kind ' || (i % 50), CASE i % 3 WHEN 0 THEN randomblob(100000) ELSE zeroblob(100000) END FROM n;
    ${numbers(200_000)} INSERT INTO small SELECT i, 'text number ' || i || ' of many, each like the next' FROM n`);
}

/** Every process below this one, itself included. */
function familyOf(pid: number): number[] {
  const children = `/proc/${pid}/task/${pid}/children`;
  return [pid, ...(existsSync(children) ? readFileSync(children, 'utf8').trim().split(' ').filter(Boolean).map(Number).flatMap(familyOf) : [])];
}

/** The most memory that a process has held so far, in MB; none when it has ended. Linux alone tells. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000;
  } catch {
    return 0; // ended between being listed and being asked
  }
}

it(`backing up and proving 300 MB keeps the service and its tools under ${most} MB each`, { timeout: 90_000 }, async () => {
  const folder = temporaryFolder();
  largeDatabase(join(folder, 'app.sqlite3'));
  writeFileSync(join(folder, 'sauvegarde.config.ts'), "export default { databases: { main: { engine: 'sqlite', file: 'app.sqlite3' } } };\n");
  const program = fileURLToPath(new URL('../../../../cli/sauvegarde.js', import.meta.url));
  const child = spawn(process.execPath, [program, 'backup', '--json', '--config', join(folder, 'sauvegarde.config.ts')], { stdio: ['ignore', 'pipe', 'pipe'] });
  const peaks = new Map<number, number>();
  const timer = setInterval(() => {
    for (const pid of familyOf(child.pid ?? 0)) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peakOf(pid)));
  }, 20);
  const [output, talk] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  clearInterval(timer);
  expect(JSON.parse(output || '[]'), talk).toMatchObject([{ status: 'published', proof: { verdict: 'proven' }, tables: 3, rows: 202_803 }]);
  if (process.platform === 'linux') expect(peaks.size).toBeGreaterThanOrEqual(3); // the service, its dump and its proof
  expect(Math.max(...peaks.values())).toBeLessThan(most);
});
