import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import type { Family } from '../core/engines/mysql/family.ts';
import { EmptyRoot } from './empty-root.ts';
import { RecipeError } from './recipe/errors.ts';

const names = {
  mysql: { client: 'mysql', dump: 'mysqldump', zones: 'mysql_tzinfo_to_sql', maker: 'mysqld', making: ['--initialize-insecure'], server: 'mysqld' },
  mariadb: { client: 'mariadb', dump: 'mariadb-dump', zones: 'mariadb-tzinfo-to-sql', maker: 'mariadb-install-db', making: [], server: 'mariadbd' },
} as const;

/** Features that only this family has; added to InnoDB, MyISAM and an old character set. */
const peculiar: Record<Family, string> = {
  mysql: 'CREATE TABLE own (a json, b geometry NOT NULL SRID 4326);',
  mariadb:
    'CREATE TABLE own (a uuid DEFAULT uuid(), b inet6) WITH SYSTEM VERSIONING; CREATE SEQUENCE counter; CREATE TABLE other (a int) ENGINE=Aria; CREATE TABLE kept (a int) ENGINE=ARCHIVE;',
};
const loaded: Record<Family, string[]> = { mysql: [], mariadb: ['--plugin-load-add=ha_archive'] };

const dumping: Record<Family, string[]> = { mysql: ['--set-gtid-purged=OFF'], mariadb: [] };

const local = ['--datadir=/scratch/data', '--tmpdir=/scratch', '--socket=/scratch/socket', '--skip-networking', '--innodb-use-native-aio=0'];
const row = 'Élise, 東京 🐘 \\ "N"';

/**
 * Tests the work of a family's programs in an empty root: makes and starts a server, fills it, gives it a time zone,
 * dumps it, and restores the dump into another database. Throws RecipeError at the first failure.
 */
export async function mysqlWorkTest(family: Family, tools: string, servers: string): Promise<void> {
  await using root = await EmptyRoot.make();
  const tool = await root.install(tools, 'tools');
  const server = await root.install(servers, 'servers');
  const { client, dump, zones, maker, making, server: serverName } = names[family];
  const must = async (launch: ReturnType<typeof tool>, program: string, words: readonly string[]) => {
    const { status, out, err } = await root.run(launch, words);
    if (status === 0) return out;
    throw new RecipeError(`${program} ${words.join(' ')} ended with ${status} in an empty root: ${err.trim().slice(-500) || 'it said nothing'}`);
  };
  const reaching = ['--no-defaults', '--socket=/scratch/socket', '--user=root', '--default-character-set=utf8mb4'];
  const use = (program: string, ...words: string[]) => must(tool(program), program, [...reaching, ...words]);
  const read = (input: string, database: string) => must({ ...tool(client), input }, client, [...reaching, `--database=${database}`]);

  const zone = server(zones);
  for (const [name, target] of Object.entries(zone.links)) await symlink(target, root.path(`/${name}`));
  await writeFile(root.path('/scratch/zone.sql'), await must(zone, zones, ['/zoneinfo/Europe/Paris', 'Europe/Paris']));

  await mkdir(root.path('/scratch/data'));
  await chmod(root.path('/scratch/data'), 0o777); // the server runs as another user
  await must(server(maker), maker, [...making, ...local]);
  await using serving = root.start(server(serverName), [
    ...local,
    ...loaded[family],
    ...(family === 'mysql' ? ['--mysqlx=OFF', '--secure-file-priv=NULL'] : []),
  ]);
  if (!(await serving.says(': ready for connections'))) throw new RecipeError(`${serverName} did not start in an empty root: ${serving.complaint.slice(-500)}`);

  await read('/scratch/zone.sql', 'mysql');
  const text = `'${row.replace('\\', '\\\\')}'`;
  await use(
    client,
    `--execute=CREATE DATABASE one; CREATE DATABASE two; USE one; SET time_zone = 'Europe/Paris'; CREATE TABLE note (id int PRIMARY KEY, text text) DEFAULT CHARSET utf8mb4;
     INSERT INTO note VALUES (1, ${text}); CREATE TABLE old (text varchar(20)) ENGINE=MyISAM DEFAULT CHARSET macce; ${peculiar[family]}`,
  );
  await use(dump, '--result-file=/scratch/dump.sql', '--single-transaction', '--routines', '--events', ...dumping[family], 'one');
  await read('/scratch/dump.sql', 'two');
  const said = await use(client, '--batch', '--raw', '--skip-column-names', '--database=two', '--execute=SELECT text FROM note');
  if (said.trim() !== row)
    throw new RecipeError(`${dump} and ${client} did not give back in an empty root what they were given: ${JSON.stringify(said.slice(0, 500))}`);
  await use(client, '--execute=SHUTDOWN');
  const end = await serving.exit;
  if (end !== 0) throw new RecipeError(`${serverName} ended with ${end} when it was told to stop: ${serving.complaint.slice(-500)}`);
}
