import { expect, it } from 'vitest';
import { describeAws } from '../support/aws.ts';
import { project, sauvegarde } from '../support/cli.ts';
import { serve } from '../support/deployed-postgres.ts';
import { deploy } from '../support/deployment.ts';
import { everythingOf } from '../support/mysql-everything.ts';
import type { MysqlServerName } from '../support/mysql-programs.ts';
import { mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { coldStart } from '../support/programs.ts';
import { onThisMachineWithMysql } from '../support/sandbox.ts';
import { codeBuildServer, lambdaServer, noFindings, outputsOf, stackWith } from '../support/stack.ts';

const slot = '2026-11-22T02:00:00Z';

/** A database with every kind of object on a server of that name, and a deployment that backs it up. */
async function deployed(name: MysqlServerName) {
  const server = await mysqlServer(name);
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, everythingOf(server.family), { database });
  const { host, port, user: username, password } = server;
  const secretText = JSON.stringify({ engine: server.family, host, port, username, password, dbname: database });
  return { server, ...(await deploy(secretText, (secret) => ({ engine: 'mysql', connection: { secret, sslmode: 'disable' } }), onThisMachineWithMysql)) };
}

describeAws('a database of MySQL’s family on AWS', { timeout: 2 * coldStart }, () => {
  it.each(['mysql-9.7', 'mariadb-11.8'] as const)('of %s is dumped, proven by the function of its product, published', async (name) => {
    const { server, ...deployment } = await deployed(name);
    const provers: string[] = [];
    const end = await serve(deployment, slot, { before: (called) => called.startsWith('prove') && provers.push(called) });
    expect(end).toMatchObject({ status: 'SUCCEEDED' });
    expect(provers).toEqual([server.family === 'mysql' ? 'proveMysql' : 'prove']);
    expect((await deployment.catalogue.backups.list()).items).toMatchObject([{ database: 'main', status: 'published', proof: { verdict: 'proven' } }]);
    const keys = (await deployment.vault.list('main/')).map(({ key }) => key.replace(/.*\d{6}Z/, ''));
    expect(keys.sort()).toEqual(['.manifest.json', '.proof.json', '.scan.json', '.sql.zst']);
    for (const said of deployment.said) expect(said.includes(server.password)).toBe(false);
    expect(await deployment.mails()).toEqual([]);
  });

  it('smoke goes through the programs of both products, and proves with both servers', async () => {
    const { bucket, invoke } = await deployed('mariadb-11.8');
    const { name, environment } = await stackWith({ ...outputsOf(bucket), ProveMysqlFunction: 'proveMysql' });
    const AWS_ENDPOINT_URL_LAMBDA = await lambdaServer((called, event) => invoke(called === 'proveMysql' ? 'prove' : called, event));
    const AWS_ENDPOINT_URL_CODEBUILD = await codeBuildServer(noFindings);
    const { status, stdout } = await sauvegarde(project(), ['--stack', name, 'smoke'], {
      env: { ...environment, AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL_CODEBUILD },
    });
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(stdout).toMatch(/^ok +dump: programs +pg_dump .* 18.*mysqldump .* 9\.7.*mariadb-dump .* 11\.8/m);
    expect(stdout).toMatch(/^ok +dump: database main +MariaDB 11\.8/m);
    expect(stdout).toMatch(/^ok +prove: dump +MariaDB 11\.8/m);
    expect(stdout).toMatch(/^ok +proveMysql: dump +MySQL 9\.7/m);
    expect(stdout.match(/: proof +the sample was restored/g)).toHaveLength(3);
  });
});
