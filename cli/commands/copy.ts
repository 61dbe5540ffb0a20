import type { Command } from 'commander';
import { databaseOf } from '../../core/config/database-of.ts';
import { CopyBehindError } from '../../core/errors.ts';
import { type CopyState, updateCopies } from '../../core/operations/keeping/copies.ts';
import { forgetCopies } from '../../local/copies.ts';
import { copyOf } from '../chosen-copy.ts';
import { type CommonOptions, withSession } from '../context.ts';
import { local, print, printJson, table } from '../output.ts';

interface CopyOptions extends CommonOptions {
  dryRun?: boolean;
  beginAgain?: boolean;
}

export function register(program: Command): void {
  program
    .command('copy')
    .description('bring the copies of backups up to date, and show how each stands')
    .argument('[database]', 'only of this database')
    .option('-n, --dry-run', 'only show how they stand')
    .option('--begin-again', 'fill copies that have become empty; without it they are taken for disks that are not mounted')
    .option('--json', 'print the copies as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  sauvegarde copy --dry-run\n  sauvegarde copy main\n\nIt happens by itself after each backup, and every hour while "sauvegarde local" runs.\n',
    )
    .action(async (database: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<CopyOptions>();
      await withSession(options, async ({ platform, signal, talk }) => {
        copyOf(platform.copies, true);
        if (database !== undefined) databaseOf(platform, database);
        if (options.beginAgain && !options.dryRun) forgetCopies(platform.state);
        const states: (CopyState & { database: string })[] = [];
        for (const name of database === undefined ? Object.keys(platform.config.databases) : [database])
          for (const state of await updateCopies(platform, name, signal, { dryRun: options.dryRun ?? false })) states.push({ database: name, ...state });
        talk.clear();
        if (options.json) printJson(states);
        else
          print(
            table(
              ['database', 'copy', 'backups', 'newest', 'behind', 'copied', 'retired'],
              states.map((state) => rowOf(state, platform.config.timeZone)),
            ),
          );
        const late = states.filter(({ behind, error }) => error || behind.length > 0);
        if (late.length > 0 && !options.dryRun)
          throw new CopyBehindError(
            late
              .map(
                ({ database: name, place, behind, error }) => `the copy of ${name} in ${place} is ${behind.length} behind${error ? `: ${error.message}` : ''}`,
              )
              .join('\n'),
          );
      });
    });
}

function rowOf({ database, place, held, newest, behind, copied, retired }: CopyState & { database: string }, timeZone: string): string[] {
  return [database, place, String(held), newest === undefined ? '' : local(newest, timeZone), ...[behind, copied, retired].map(({ length }) => String(length))];
}
