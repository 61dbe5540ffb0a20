import { lstat, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { databaseOf } from '../../core/config/database-of.ts';
import { ConfigurationError, reasonOf } from '../../core/errors.ts';
import { counted } from '../../core/figures.ts';
import { type Adoption, adopt, folderByOf } from '../../core/operations/orders/adopt.ts';
import { executionOf } from '../../local/presence.ts';
import { type CommonOptions, withSession } from '../context.ts';
import { exit } from '../exit.ts';
import { print, printable, printJson, wrapped } from '../output.ts';
import { running } from '../running.ts';

interface AdoptOptions extends CommonOptions {
  database: string;
  largest?: number;
  dryRun?: boolean;
}

type Outcome = { file: string } & (Adoption | { error: ReturnType<typeof reasonOf> });

export function register(program: Command): void {
  program
    .command('adopt')
    .description('take dumps that others have made, prove them, and publish those that restore as backups of the time at which their files were last changed')
    .argument('<paths...>', "files, or folders of them: dumps of the database's own tool, also compressed by gzip or zstd; a folder can be one dump")
    .requiredOption('--database <name>', 'the database whose backups they become, by its name in the configuration')
    .option('--largest <gigabytes>', 'the most that a dump may hold, decompressed, instead of half of the free space', gigabytes)
    .option('--dry-run', 'read the files, and tell what would be done; prove and keep nothing')
    .option('--json', 'print what became of each file as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  sauvegarde adopt /srv/old-backups --database main --dry-run\n  sauvegarde adopt monday.sql.gz tuesday.sql.gz --database main\n\nThe files stay as they are. Exits with 1 if one was refused; the others are adopted.\n',
    )
    .action(async (paths: string[], _, command: Command) => {
      const options = command.optsWithGlobals<AdoptOptions>();
      await withSession(options, async ({ platform, signal, author, talk }) => {
        const { database, largest, dryRun = false } = options;
        databaseOf(platform, database);
        const outcomes: Outcome[] = [];
        for (const file of await filesOf(paths)) {
          signal.throwIfAborted();
          const order = { database, file, largest, dryRun, executionOf: (run: string) => executionOf(platform.presence.id, run), ...author };
          const outcome = await adopt(platform, order, signal).then(
            (adoption): Outcome => ({ file, ...adoption }),
            (error: unknown): Outcome => ({ file, error: reasonOf(error) }),
          );
          signal.throwIfAborted();
          talk.clear();
          outcomes.push(outcome);
          if (!options.json) tell(outcome, dryRun);
        }
        if (options.json) printJson(outcomes);
        running().hasAnswered = true;
        if (outcomes.some((outcome) => 'error' in outcome)) running().status = exit.failed;
      });
    });
}

function tell(outcome: Outcome, dryRun: boolean): void {
  const file = printable(outcome.file);
  if ('error' in outcome) {
    print(wrapped(`${file}: refused: ${printable(outcome.error.message)}`, 2));
    return;
  }
  const { backup, rows, tables, verdict, retired } = outcome;
  const contents = `${counted(rows, 'row')} in ${counted(tables, 'table')}`;
  print(wrapped(dryRun ? `${file}: would become ${backup}: ${contents}, not proven yet` : `${file}: adopted as ${backup}: ${contents}, ${verdict}`, 2));
  if (retired !== undefined) print(wrapped(`  note: the next rotation retires it (${retired}); "sauvegarde hold ${backup}" keeps it`, 4));
}

/** Dump that was found, with the time at which it was changed last. */
interface Found {
  path: string;
  changed: number;
}

/** Lists the dumps, oldest first; for a folder those in it and in its folders, except hidden ones and links. */
async function filesOf(paths: readonly string[]): Promise<string[]> {
  const found: Found[] = [];
  for (const given of paths) {
    const path = resolve(process.env.INIT_CWD ?? process.cwd(), given);
    const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw new ConfigurationError(`${path} cannot be found (${error.code}); name a file or a folder of dumps`);
    });
    found.push(...(stats.isDirectory() ? await inFolder(path) : [{ path, changed: stats.mtimeMs }]));
  }
  if (found.length === 0) throw new ConfigurationError(`there are no files in ${paths.join(', ')}`);
  return found.sort((one, other) => one.changed - other.changed || (one.path < other.path ? -1 : 1)).map(({ path }) => path);
}

async function inFolder(folder: string): Promise<Found[]> {
  const by = await folderByOf(folder);
  if (by !== undefined) return [{ path: folder, changed: (await lstat(join(folder, by))).mtimeMs }];
  const found: Found[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) found.push(...(await inFolder(path)));
    else if (entry.isFile()) found.push({ path, changed: (await lstat(path)).mtimeMs });
  }
  return found;
}

function gigabytes(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('Write a number of gigabytes, such as 200 or 0.5.');
  return Math.floor(number * 1e9);
}
