/**
 * Usage of `npm run layers`, which builds the folders of programs into the cache and tests them. The folders go to
 * stdout, progress to stderr.
 */
import { parseArgs } from 'node:util';
import { ToolMissingError } from '../core/errors.ts';
import { clientFolders, olderServers, serverFolders } from '../core/programs/folders.ts';
import { type Family, programmed } from '../core/programs/tools.ts';
import { whyNotRun } from './emulator.ts';
import { buildLayer, cacheFolder, type FolderName, layerNames, relockLayer } from './layers.ts';
import { mysqlWorkTest } from './mysql-work-test.ts';
import { architectures, ownArchitecture } from './recipe/architecture.ts';
import { RecipeError } from './recipe/errors.ts';
import { selfTest } from './self-test.ts';
import { workTest } from './work-test.ts';

const usage = `npm run layers [-- options] [folder ...]: builds the programs and lets them work in an empty root; folders: ${layerNames.join(', ')} (all unless named)
  --arch x64|arm64   for this architecture (default: this machine's)
  --locked           stop when a locked version has left the mirrors, instead of taking the newest
  --relock           first write the versions of today into lock.json, for every architecture`;

/** Work for each family's programs. PostgreSQL's folder has programs for SQLite too. */
const workTests: Record<Family, { lets: (tools: string, servers: string) => Promise<void>; worked: string }> = {
  postgres: { lets: workTest, worked: 'SQLite, zstd, PostgreSQL' },
  mysql: { lets: (tools, servers) => mysqlWorkTest('mysql', tools, servers), worked: 'mysql' },
  mariadb: { lets: (tools, servers) => mysqlWorkTest('mariadb', tools, servers), worked: 'mariadb' },
};

const log = { info: (message: string) => console.error(message), warn: (message: string) => console.error(`warning: ${message}`) };

async function main(words: string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: { arch: { type: 'string' }, locked: { type: 'boolean', default: false }, relock: { type: 'boolean', default: false }, help: { type: 'boolean' } },
  });
  if (values.help) return console.log(usage);
  const architecture = values.arch === undefined ? ownArchitecture() : architectures.find((each) => each === values.arch);
  if (!architecture) throw new RecipeError(`there are programs for ${architectures.join(' and ')}, not for ${values.arch ?? process.arch}`);
  const unknown = positionals.find((name) => !layerNames.some((each) => each === name));
  if (unknown !== undefined) throw new RecipeError(`there is no folder ${unknown}, only ${layerNames.join(', ')}`);
  const names = layerNames.filter((name) => positionals.length === 0 || positionals.includes(name));
  const options = { cache: cacheFolder(), log, signal };
  if (values.relock) for (const name of names) await relockLayer(name, options);
  const folders = new Map<FolderName, string>();
  for (const name of names) {
    const folder = await buildLayer(name, { ...options, architecture, mode: values.locked ? 'locked' : 'newest' });
    console.log(folder);
    const { faults, versions } = await selfTest(folder);
    if (faults.length > 0) throw new RecipeError(`${folder} does not work: ${faults.join('; ')}. Remove it and build it again`);
    for (const version of Object.values(versions)) log.info(`  works in an empty root: ${version}`);
    folders.set(name, folder);
  }
  const notRun = whyNotRun(architecture);
  if (notRun !== undefined) return log.warn(`the folders are whole; their programs were not run: ${notRun}`);
  if (architecture !== ownArchitecture()) log.info('  letting emulated programs dump and restore; this takes about a minute');
  for (const { family } of programmed) {
    const { lets, worked } = workTests[family];
    const tools = folders.get(clientFolders[family]);
    for (const [folder, version = ''] of [
      [serverFolders[family]],
      ...olderServers[family].map(({ folder, major }) => [folder, ` ${major}`] as const),
    ] as const) {
      const servers = folders.get(folder);
      if (tools === undefined || servers === undefined) continue; // one alone can do nothing
      await lets(tools, servers);
      log.info(`  dumped and restored in an empty root: ${worked}${version}`);
    }
  }
}

const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new RecipeError('stopped')));
try {
  await main(process.argv.slice(2), stop.signal);
} catch (error) {
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (!(error instanceof RecipeError || error instanceof ToolMissingError) && !isUsage) throw error;
  console.error(isUsage ? `${error.message}\n${usage}` : error.message);
  process.exitCode = isUsage ? 2 : 1;
}
