import { expect, it } from 'vitest';
import { mysqlQuery } from '../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../support/mysql-work.ts';
import { notingClients } from '../../../support/noting-clients.ts';
import { coldStart } from '../../../support/programs.ts';

it.each(['mysql-9.7', 'mariadb-11.8'] as const)(
  'a proof of %s asks for rows without parents only where a table has parents',
  { timeout: coldStart },
  async (name) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, 'CREATE TABLE parent (n int PRIMARY KEY); INSERT INTO parent VALUES (1)', { database });
    const proven = async () => {
      const proving = notingClients();
      expect(await mysqlProof(await mysqlDumpOf(mysqlUrl(server, database)), proving.work)).toMatchObject({ differences: [], flaws: [], unproven: [] });
      return proving.started().length;
    };
    // the accounts, the dump, the comparison, and the server's own descriptions
    expect(await proven()).toBe(4);
    await mysqlQuery(server, 'CREATE TABLE child (n int, FOREIGN KEY (n) REFERENCES parent (n)); INSERT INTO child VALUES (1)', { database });
    expect(await proven()).toBe(6);
  },
);
