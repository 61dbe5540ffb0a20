import { chmodSync, readdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConfigInput } from '../../core/config/config.ts';
import { reasonOf } from '../../core/errors.ts';
import { runBackup, type Steps, stepsOf } from '../../local/workflow.ts';
import { failingCalls } from '../support/failing-calls.ts';
import { temporaryFolder } from '../support/folder.ts';
import { mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { mysqlUrl } from '../support/mysql-work.ts';
import { never } from '../support/never.ts';
import { request, testPlatform } from '../support/platform.ts';
import { query } from '../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../support/postgres-servers.ts';
import { urlOf } from '../support/postgres-work.ts';
import { coldStart } from '../support/programs.ts';

const sample = "CREATE TABLE person (id integer PRIMARY KEY, name varchar(20)); INSERT INTO person VALUES (1, 'Ada'), (2, 'Grace')";

async function postgresSource(): Promise<ConfigInput['databases'][string]> {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  await query(server, sample, { database });
  return { engine: 'postgres', connection: { url: urlOf(server, database) } };
}

async function mariadbSource(): Promise<ConfigInput['databases'][string]> {
  const server = await mysqlServer('mariadb-11.8');
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, sample, { database });
  return { engine: 'mysql', connection: { url: mysqlUrl(server, database) } };
}

/** Keeps one call of each kind on temporary files: on a folder, on files in it, and within a data directory. */
function kindsOf(made: Iterable<string>): string[] {
  const kinds = new Map<string, string>();
  for (const call of made) {
    if (!/ \/(access|postgres|mysql|mariadb|sauvegarde-output)-/.test(call) && !call.includes('/state/temporary/#/')) continue;
    if (call.startsWith('rm ')) continue; // what cannot be removed stays until the process ends
    const kind = call.replace(/\/data\/.*/, '/data/').replace(/\/(passwd|group)$/, '/file');
    if (!kinds.has(kind)) kinds.set(kind, call);
  }
  return [...kinds.values()];
}

/** Number of times that a step is repeated: as many calls fail in a run. */
const retries = 3;
const codes = ['ENOSPC', 'EIO', 'ENFILE'];

describe.each([
  ['PostgreSQL', postgresSource],
  // MySQL's calls are the same, under its own name
  ['MariaDB', mariadbSource],
] as const)('each call on a temporary folder that fails while %s is dumped and proven', { timeout: 2 * coldStart }, (_, source) => {
  it('costs at most one try, is an error of ours, and leaves no file', async () => {
    const own = temporaryFolder();
    chmodSync(own, 0o711); // servers run as another user than root
    const platform = await testPlatform({ config: { databases: { main: await source() } } });
    const usual = process.env.TMPDIR;
    process.env.TMPDIR = own;
    onTestFinished(() => {
      process.env.TMPDIR = usual;
    });
    const calls = await failingCalls(own);
    const ofScratch = await failingCalls(platform.scratch);
    const errors: string[] = [];
    const steps = Object.fromEntries(
      Object.entries(stepsOf(platform)).map(([name, step]): [string, Steps['dump']] => [
        name,
        (input, signal) =>
          step(input, signal).catch((error: unknown) => {
            errors.push(reasonOf(error).name);
            throw error;
          }),
      ]),
    ) as Steps;
    let hour = 2;
    const backup = () => runBackup(platform, request(new Date(Date.UTC(2026, 10, 22, hour++)).toISOString()), never, steps);
    const left = () => [own, platform.scratch].flatMap((folder) => readdirSync(folder));
    expect(await backup()).toMatchObject({ status: 'SUCCEEDED' }); // a data directory is made once
    for (const each of [calls, ofScratch]) each.arm();
    await backup();
    for (const each of [calls, ofScratch]) {
      const all = kindsOf(each.made);
      for (let at = 0; at < all.length; at += retries) {
        const some = all.slice(at, at + retries);
        errors.length = 0;
        each.arm(some.map((call, index): [string, string] => [call, codes[index % codes.length] ?? 'EIO']));
        const { status } = await backup();
        each.arm();
        const strange = errors.filter((name) => name !== 'StorageFullError' && name !== 'StorageRefusedError');
        expect({ some, status, strange, left: left() }).toEqual({ some, status: 'SUCCEEDED', strange: [], left: [] });
      }
    }
  });
});
