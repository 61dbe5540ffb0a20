import type { Family } from '../../core/engines/mysql/family.ts';
import type { Launch } from '../../core/programs/launch.ts';
import { buildLayer, planOf } from '../../layers/layers.ts';
import { buildFolder } from '../../layers/recipe/build.ts';
import { recipeSchema } from '../../layers/recipe/recipe.ts';
import { buildOptions, launcher } from './programs.ts';

/** Servers for tests. MySQL 9.7 and MariaDB 11.8 are those that Sauvegarde itself uses. */
export const mysqlServerNames = ['mysql-9.7', 'mariadb-11.8', 'mariadb-10.11'] as const;
export type MysqlServerName = (typeof mysqlServerNames)[number];

export function familyOfServer(name: MysqlServerName): Family {
  return name === 'mysql-9.7' ? 'mysql' : 'mariadb';
}

/** Returns the launch of a family's own command-line client. */
export async function mysqlClient(family: Family): Promise<Launch> {
  toolsOf[family] ??= buildLayer(`${family}-tools`, buildOptions());
  return (await launcher(await toolsOf[family]))(family);
}
const toolsOf: Partial<Record<Family, Promise<string>>> = {};

/** Returns the launcher of a server's programs. */
export async function mysqlServerLauncher(name: MysqlServerName): Promise<(program: string) => Launch> {
  return await launcher(name === 'mariadb-10.11' ? await folderOf1011() : await buildLayer(`${familyOfServer(name)}-server`, buildOptions()));
}

/** Builds a folder by the recipe of `layers/mariadb-server`, with the names that files had in that version. */
async function folderOf1011(): Promise<string> {
  const { recipe } = await planOf('mariadb-server');
  const renamed: unknown = JSON.parse(
    JSON.stringify(recipe).replaceAll('usr/share/mariadb/mariadb_', 'usr/share/mysql/mysql_').replaceAll('usr/share/mariadb/', 'usr/share/mysql/'),
  );
  return await buildFolder({ name: 'mariadb-10.11', recipe: recipeSchema.parse({ ...recipeSchema.parse(renamed), suite: 'bookworm' }) }, buildOptions());
}
