import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Catalogue } from '../../../core/catalogue/catalogue.ts';
import { all } from '../../../core/catalogue/page.ts';
import { SqliteCatalogue } from '../../../core/catalogue/sqlite/catalogue.ts';
import { describeAws } from '../../support/aws.ts';
import { brokenAt } from '../../support/chain.ts';
import { dynamodbTables } from '../../support/dynamodb.ts';
import { temporaryFolder } from '../../support/folder.ts';

const run = promisify(execFile);
const program = new URL('append-and-count.ts', import.meta.url).pathname;
const names = ['a', 'b', 'c'];

/** Three processes write into the catalogue that is called `where`. */
async function compete(where: string, times: number, environment: Record<string, string> = {}): Promise<void> {
  await Promise.all(names.map((name) => run(process.execPath, [program, where, name, String(times)], { env: { ...process.env, ...environment } })));
}

async function expectNothingLost(catalogue: Catalogue, times: number): Promise<void> {
  const entries = (await all((page) => catalogue.audit.list(page))).reverse();
  expect(brokenAt(entries)).toBeUndefined();
  for (const name of names) {
    const own = entries.filter(({ subject }) => subject === name).map(({ detail }) => Number(detail));
    expect(own).toEqual(Array.from({ length: times }, (_, index) => index + 1));
  }
  expect((await catalogue.backups.list()).items.map(({ rows }) => rows)).toEqual([names.length * times]);
  expect((await catalogue.incidents.list({ ended: true })).items.map(({ count }) => count)).toEqual([names.length * times]);
}

it('three processes that create and write one catalogue at once lose nothing', async () => {
  const file = join(temporaryFolder(), 'catalogue.sqlite3');
  await compete(file, 60);
  using catalogue = new SqliteCatalogue(file);
  await expectNothingLost(catalogue, 60);
});

describeAws('in DynamoDB', () => {
  it('three processes that write one catalogue at once lose nothing', async () => {
    const { tables, environment, catalogue } = await dynamodbTables();
    await compete(`${tables.records} ${tables.audit}`, 15, environment);
    await expectNothingLost(catalogue(), 15);
  });
});
