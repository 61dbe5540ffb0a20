import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { newKey } from '../../core/encryption/age-keys.ts';
import type { Shown } from '../../core/operations/orders/show.ts';
import { describeAws } from '../support/aws.ts';
import { project, sauvegarde } from '../support/cli.ts';
import { serve } from '../support/deployed-postgres.ts';
import { type DatabaseWith, type Deployment, deploy } from '../support/deployment.ts';
import { everythingOf } from '../support/mysql-everything.ts';
import type { MysqlServerName } from '../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { mysqlUrl } from '../support/mysql-work.ts';
import { coldStart } from '../support/programs.ts';
import { onThisMachineWithMysql } from '../support/sandbox.ts';
import { codeBuildServer, lambdaServer, noFindings, outputsOf, stackWith } from '../support/stack.ts';
import { stallingAfter } from '../support/stalling-proxy.ts';
import { never } from './end-to-end/deployed-calls.ts';

const slot = '2026-11-22T02:00:00Z';

/**
 * A database with every kind of object on a server of that name, and a deployment that backs it up. With `target` there
 * is the target `staging`; with a `key` backups are encrypted.
 */
async function deployed(name: MysqlServerName, more: Parameters<typeof deploy>[3] = {}) {
  const server = await mysqlServer(name);
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, everythingOf(server.family), { database });
  const { host, port, user: username, password } = server;
  const secretText = (changes: object = {}) => JSON.stringify({ engine: server.family, host, port, username, password, dbname: database, ...changes });
  const main: DatabaseWith = (secret) => ({ engine: 'mysql', connection: { secret, sslmode: 'disable' } });
  return { server, database, secretText, ...(await deploy(secretText(), main, onThisMachineWithMysql, more)) };
}

/** Asserts that the first backup of a deployment is published, of objects with these endings, and nothing was said amiss. */
async function expectPublished({ catalogue, vault, said, mails }: Deployment, { password }: MysqlAddress, endings: readonly string[]): Promise<void> {
  expect((await catalogue.backups.list()).items).toMatchObject([{ database: 'main', status: 'published', proof: { verdict: 'proven' } }]);
  const keys = (await vault.list('main/')).map(({ key }) => key.replace(/.*\d{6}Z/, ''));
  expect(keys.sort()).toEqual(endings);
  for (const each of said) expect(each.includes(password)).toBe(false);
  expect(await mails()).toEqual([]);
}

describeAws('a database of MySQL’s family on AWS', { timeout: 2 * coldStart }, () => {
  it('of MariaDB is dumped, proven by the function of its product, published; smoke goes through the programs of both products, and proves with both servers', async () => {
    const { server, ...deployment } = await deployed('mariadb-11.8');
    const provers: string[] = [];
    const end = await serve(deployment, slot, { before: (called) => called.startsWith('prove') && provers.push(called) });
    expect(end).toMatchObject({ status: 'SUCCEEDED' });
    expect(provers).toEqual(['prove']);
    await expectPublished(deployment, server, ['.manifest.json', '.proof.json', '.scan.json', '.sql.zst']);

    const { name, environment } = await stackWith({ ...outputsOf(deployment.bucket), ProveMysqlFunction: 'proveMysql' });
    const AWS_ENDPOINT_URL_LAMBDA = await lambdaServer((called, event) => deployment.invoke(called === 'proveMysql' ? 'prove' : called, event));
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

  it.each([
    ['mysql-9.7', 'by its function', ['.manifest.json', '.proof.json', '.scan.json', '.sql.zst']],
    ['mariadb-11.8', 'by a build that encrypts them', ['.2.scan.json', '.2.sql.zst.age', '.manifest.json', '.proof.json']],
  ] as const)(
    'the users and roles of %s, dumped %s, are proven, and come back locked with a restore on the larger compute, as does a single table',
    async (name, by, endings) => {
      const server = await mysqlServer(name);
      const target = await newMysqlDatabase(server);
      const onBuild = by !== 'by its function';
      const { database, secretText, ...deployment } = await deployed(name, { target: mysqlUrl(server, target, {}), ...(onBuild && { key: newKey() }) });
      const mark = randomBytes(4).toString('hex');
      const [app, reader] = [`app_${mark}`, `reader_${mark}`];
      const drop = () => mysqlQuery(server, `DROP USER IF EXISTS ${app}@'%'; DROP ROLE IF EXISTS ${reader}`).then(() => undefined);
      onTestFinished(drop);
      await mysqlQuery(
        server,
        `CREATE ROLE ${reader}; CREATE USER ${app}@'%' IDENTIFIED BY 'hidden-${mark}'; GRANT ${reader} TO ${app}@'%';
      GRANT SELECT ON ${database}.* TO ${reader}; GRANT UPDATE ON ${database}.person TO ${app}@'%'`,
      );
      const grants = async (of: string) => {
        const said = await mysqlQuery(server, `SHOW GRANTS FOR ${app}@'%'; SHOW GRANTS FOR ${reader}`);
        return said
          .replaceAll(/ IDENTIFIED BY PASSWORD '[^']*'/g, '')
          .replaceAll(of, 'it')
          .replaceAll(of.replaceAll('_', '\\_'), 'it');
      };
      const given = await grants(database);

      if (onBuild) await deployment.setSecret(secretText({ port: await stallingAfter(0, server.port) }));
      const called: string[] = [];
      const before = async (each: string) => {
        called.push(each);
        if (each === 'build') await deployment.setSecret(secretText());
      };
      const end = await serve(deployment, slot, { before, ...(onBuild && { remaining: { dump: 1000 } }) });
      expect({ end, called }).toMatchObject({
        end: { status: 'SUCCEEDED' },
        called: ['open', 'dump', ...(onBuild ? ['build', 'dump', 'prove'] : ['proveMysql']), 'publish', 'rotate'],
      });
      await expectPublished(deployment, server, endings);
      const { manifest, scan, proof } = ((await deployment.invoke('administer', { action: 'show', backup: 'main' })) as Shown).files ?? {};
      expect(manifest?.dump.key).toMatch(onBuild ? /\.sql\.zst\.age$/ : /\.sql\.zst$/);
      expect(scan?.mysql?.globals?.accounts).toContainEqual(expect.objectContaining({ name: `${app}@%`, locked: false }));
      expect(proof).toMatchObject({ verdict: 'proven', differences: [] });
      expect(proof?.notes.filter((note) => note.includes(mark))).toEqual([]);

      await drop();
      const restored = async (options: object) => {
        const order = { to: 'staging', confirmed: 'main' };
        const asked = (await deployment.invoke('administer', { action: 'askToRestore', backup: 'main', ...order, by: 'cli:alice' })) as object;
        await deployment.invoke('start', { order: 'restore', ...order, options, ...asked, requestedBy: 'cli:alice' });
        called.length = 0;
        return await deployment.execute(deployment.started.shift() ?? never, { before: (each) => called.push(each) });
      };
      expect(await restored({ withRoles: true })).toMatchObject({ status: 'SUCCEEDED' });
      expect(called).toEqual(['record', 'restoreBuild', 'restore', 'record']);
      expect(await grants(target)).toBe(given);
      const { notes = [] } = (await deployment.catalogue.backups.list()).items[0]?.restoring?.restored ?? {};
      expect(notes).toContainEqual(expect.stringMatching(new RegExp(`^made the accounts .*${app}@%.*, each locked and with a password that nobody knows`)));
      await expect(mysqlQuery({ ...server, user: app, password: `hidden-${mark}` }, 'SELECT 1')).rejects.toThrow(/locked|denied/i);

      await mysqlQuery(server, `DROP DATABASE ${target}; CREATE DATABASE ${target}`);
      expect(await restored({ tables: ['price'] })).toMatchObject({ status: 'SUCCEEDED', output: { rows: 3 } });
      expect(await mysqlQuery(server, 'SHOW TABLES', { database: target })).toBe('price');
      for (const said of deployment.said) expect([server.password, `hidden-${mark}`].some((secret) => said.includes(secret))).toBe(false);
    },
  );
});
