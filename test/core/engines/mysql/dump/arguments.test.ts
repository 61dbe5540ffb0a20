import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Work } from '../../../../../core/engines/engine.ts';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { clientOf, dumpToolOf } from '../../../../../core/engines/mysql/family.ts';
import { piece, testWork, withTools } from '../../../../support/engine-work.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase, newMysqlUser } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** Work whose client programs are started by one that first writes down its own arguments and environment: MySQL's clients blank a password in theirs, so looking at them later proves nothing. */
function recording(file: string): Work {
  const work = testWork();
  const recorder = join(temporaryFolder(), 'recorder');
  writeFileSync(recorder, `#!/bin/sh\n{ echo "started: $*"; /usr/bin/env; } >> '${file}'\nexec "$@"\n`);
  chmodSync(recorder, 0o755);
  const { tools } = work;
  const client: typeof tools.client = async (name, signal) => {
    const launch = await tools.client(name, signal);
    return { ...launch, command: recorder, args: [launch.command, ...launch.args] };
  };
  return withTools(work, { client });
}

it.each(['mysql-9.7', 'mariadb-11.8'] as const)(
  'no program that works for a dump, proof or restore of %s is started with user or password',
  { timeout: coldStart },
  async (name) => {
    const server = await mysqlServer(name);
    const [source, target] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
    await mysqlQuery(server, 'CREATE TABLE t (a INT); INSERT INTO t VALUES (1)', { database: source });
    const user = await newMysqlUser(server, 'ALL ON *.*');
    const file = join(temporaryFolder(), 'recorded');
    const work = recording(file);

    const dumped = await mysqlDumpOf(mysqlUrl(user, source), work);
    expect(await mysqlProof(dumped, work)).toMatchObject({ differences: [] });
    await mysqlEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: mysqlUrl(user, target), force: false, now: new Date() }, work);

    const recorded = readFileSync(file, 'utf8');
    const started = recorded.split('\n').filter((line) => line.startsWith('started: '));
    // of each step: a session and a tool at least
    expect(started.filter((line) => line.includes(`/${clientOf[server.family]} `)).length).toBeGreaterThanOrEqual(5);
    expect(started.filter((line) => line.includes(`/${dumpToolOf[server.family]} `)).length).toBeGreaterThanOrEqual(3);
    for (const line of started) expect(line).toMatch(/ --defaults-file=\S+\.cnf /);
    expect(recorded).not.toMatch(/--password|\s-p\S|MYSQL_PWD/);
    expect(recorded).not.toContain(user.password);
    expect(recorded).not.toContain(user.user);
  },
);
