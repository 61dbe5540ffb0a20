import { expect, it } from 'vitest';
import { describeAws } from '../support/aws.ts';
import { serve } from '../support/deployed-postgres.ts';
import { deploy } from '../support/deployment.ts';
import { everythingOf } from '../support/mysql-everything.ts';
import { mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { coldStart } from '../support/programs.ts';
import { onThisMachineWithMysql } from '../support/sandbox.ts';

const slot = '2026-11-22T02:00:00Z';

describeAws('a database of MySQL’s family on AWS', { timeout: 2 * coldStart }, () => {
  it.each(['mysql-9.7', 'mariadb-11.8'] as const)('of %s is dumped, proven by the function of its product, published', async (name) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, everythingOf(server.family), { database });
    const { host, port, user: username, password } = server;
    const secretText = JSON.stringify({ engine: server.family, host, port, username, password, dbname: database });
    const deployed = await deploy(secretText, (secret) => ({ engine: 'mysql', connection: { secret, sslmode: 'disable' } }), onThisMachineWithMysql);
    const provers: string[] = [];
    const end = await serve(deployed, slot, { before: (called) => called.startsWith('prove') && provers.push(called) });
    expect(end).toMatchObject({ status: 'SUCCEEDED' });
    expect(provers).toEqual([server.family === 'mysql' ? 'proveMysql' : 'prove']);
    expect(await deployed.catalogue.backups.list()).toMatchObject([{ database: 'main', status: 'published', proof: { verdict: 'proven' } }]);
    expect((await deployed.vault.list('main/')).map(({ key }) => key.replace(/.*\d{6}Z/, '')).sort()).toEqual([
      '.manifest.json',
      '.proof.json',
      '.scan.json',
      '.sql.zst',
    ]);
    for (const said of deployed.said) expect(said.includes(password)).toBe(false);
    expect(await deployed.mails()).toEqual([]);
  });
});
