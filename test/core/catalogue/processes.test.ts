import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { brokenAt } from '../../../core/catalogue/audit-chain.ts';
import { SqliteCatalogue } from '../../../core/catalogue/sqlite/catalogue.ts';
import { temporaryFolder } from '../../support/folder.ts';

const run = promisify(execFile);
const program = new URL('append-and-count.ts', import.meta.url).pathname;
const times = 60;

it('three processes that create and write one catalogue at once lose nothing', async () => {
  const file = join(temporaryFolder(), 'catalogue.sqlite3');
  const names = ['a', 'b', 'c'];
  await Promise.all(names.map((name) => run(process.execPath, [program, file, name, String(times)])));

  using catalogue = new SqliteCatalogue(file);
  const entries = (await catalogue.audit.list()).reverse();
  expect(brokenAt(entries)).toBeUndefined();
  for (const name of names) {
    const own = entries.filter(({ subject }) => subject === name).map(({ detail }) => Number(detail));
    expect(own).toEqual(Array.from({ length: times }, (_, index) => index + 1));
  }
  expect((await catalogue.backups.list()).map(({ rows }) => rows)).toEqual([names.length * times]);
  expect((await catalogue.incidents.list({ ended: true })).map(({ count }) => count)).toEqual([names.length * times]);
});
