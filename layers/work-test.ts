import { readFile, symlink, writeFile } from 'node:fs/promises';
import type { Launch } from '../core/programs/launch.ts';
import { EmptyRoot, stranger } from './empty-root.ts';
import { RecipeError } from './recipe/errors.ts';

type Environment = Readonly<Record<string, string>>;

/** Environment by which PostgreSQL's programs reach the server in the root. */
const reaching: Environment = { PGHOST: '/scratch', PGUSER: 'postgres', PGDATABASE: 'postgres', LC_ALL: 'C' };
const settings = ['listen_addresses=', 'unix_socket_directories=/scratch', 'fsync=off', 'dynamic_shared_memory_type=mmap', 'timezone=America/Cayenne'];
/** Text that survives only a program that keeps every byte. */
const row = 'Élise, 東京 \\ "N"';

/**
 * Tests the work of both folders' programs in an empty root: dumps a SQLite database, compresses a file and reads it
 * again, starts, dumps and restores a PostgreSQL server. The two may be for different architectures. Throws RecipeError
 * at the first failure.
 */
export async function workTest(tools: string, servers: string): Promise<void> {
  await using root = await EmptyRoot.make();
  const tool = await root.install(tools, 'tools');
  const must = async (launch: Launch, words: readonly string[], environment: Environment = reaching) => {
    const { status, out, err } = await root.run(launch, words, environment);
    if (status === 0) return out;
    const [program = ''] = launch.args.slice(-1);
    throw new RecipeError(`${program} ${words.join(' ')} ended with ${status} in an empty root: ${err.trim().slice(-500) || 'it said nothing'}`);
  };
  const use = (program: string, ...words: string[]) => must(tool(program), words);

  const literal = `'${row}'`;
  expectIn(await use('sqlite3', '/scratch/notes.sqlite3', `CREATE TABLE note (text); INSERT INTO note VALUES (${literal})`, '.dump'), literal, 'sqlite3');
  const plain = await readFile(`${tools}/manifest.json`, 'utf8');
  await writeFile(root.path('/scratch/plain'), plain);
  await use('zstd', '--quiet', '--check', '/scratch/plain', '-o', '/scratch/packed');
  await use('zstd', '--quiet', '--test', '/scratch/packed');
  expectIn(await use('zstd', '--decompress', '--stdout', '/scratch/packed'), plain, 'zstd');

  await root.addShell();
  const server = await root.install(servers, 'servers');
  const named = await withName(root);
  const make = ['--pgdata=/scratch/data', '--username=postgres', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C'];
  await must(server('initdb'), make, named);
  const postgres = server('postgres');
  // it starts in / and goes on in its data directory
  for (const [name, target] of Object.entries(postgres.links)) for (const place of ['/', '/scratch/data/']) await symlink(target, root.path(`${place}${name}`));
  await using serving = root.start(postgres, ['-D', '/scratch/data', ...settings.flatMap((setting) => ['-c', setting])], named);
  if (!(await serving.says('ready to accept connections'))) throw new RecipeError(`postgres did not start in an empty root: ${serving.complaint.slice(-500)}`);

  await use(
    'psql',
    '-Xqc',
    `CREATE EXTENSION hstore; CREATE TABLE note AS SELECT ${literal} AS text, hstore('a', 'b') AS more; SELECT lo_from_bytea(0, 'abc')`,
  );
  await use('pg_dump', '--format=custom', '--file=/scratch/notes.dump');
  await use('psql', '-Xqc', 'CREATE DATABASE restored');
  // by psql, which goes on where an older server does not know a setting
  await use('pg_restore', '--file=/scratch/notes.sql', '/scratch/notes.dump');
  await use('psql', '-Xqd', 'restored', '-f', '/scratch/notes.sql');
  expectIn(await use('psql', '-XAtqd', 'restored', '-c', "SELECT text, more->'a' FROM note"), `${row}|b`, 'pg_restore');
  const everything = await use('pg_dumpall');
  for (const part of [row.replace('\\', '\\\\'), '\\connect restored', 'CREATE ROLE postgres']) expectIn(everything, part, 'pg_dumpall');
  await must(server('pg_ctl'), ['stop', '--pgdata=/scratch/data', '--mode=fast', '--silent'], named);
  const end = await serving.exit;
  if (end !== 0) throw new RecipeError(`postgres ended with ${end} when pg_ctl stopped it: ${serving.complaint.slice(-500)}`);
}

/**
 * Gives the user a name, by libnss_wrapper, which is loaded before initdb and postgres: they refuse a user without one.
 */
async function withName(root: EmptyRoot): Promise<Environment> {
  await writeFile(root.path('/passwd'), `postgres:x:${stranger}:${stranger}::/:/bin/false\n`, { mode: 0o644 });
  await writeFile(root.path('/group'), `postgres:x:${stranger}:\n`, { mode: 0o644 });
  return { LC_ALL: 'C', TZ: 'GMT', NSS_WRAPPER_PASSWD: '/passwd', NSS_WRAPPER_GROUP: '/group' };
}

function expectIn(said: string, part: string, program: string): void {
  if (!said.includes(part)) throw new RecipeError(`${program} did not give back in an empty root what it was given: ${JSON.stringify(said.slice(0, 500))}`);
}
