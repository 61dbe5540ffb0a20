import type { Command } from 'commander';
import { all } from '../../core/catalogue/page.ts';
import { sizeText } from '../../core/figures.ts';
import { type CommonOptions, withHome } from '../context.ts';
import { authorOf } from '../describe.ts';
import { local, print, printable, printJson, table } from '../output.ts';

interface ListOptions extends CommonOptions {
  all?: boolean;
  runs?: boolean;
}

/** Largest number of runs in a list: some months of one database. */
const mostRuns = 100;

export function register(program: Command): void {
  program
    .command('list')
    .description('list backups, newest first')
    .argument('[database]', 'only of this database')
    .option('-a, --all', 'retired ones too')
    .option('--runs', 'list runs instead, failed and running ones included')
    .option('--json', 'print records as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde list main\n  sauvegarde list --runs\n  sauvegarde list --all --json\n')
    .action(async (database: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      await withHome(options, async (home) => {
        const { timeZone } = home;
        if (options.runs) {
          const { items: runs } = await home.carryOut({ action: 'runs', database, limit: mostRuns });
          if (options.json) return printJson(runs);
          const rows = runs.map((run) => [
            run.id,
            local(run.slot, timeZone),
            run.status,
            String(run.attempts),
            authorOf({ by: run.requestedBy, claimed: run.claimed }),
            run.error ? printable(`${run.error.name}: ${run.error.message}`) : '',
          ]);
          return print(runs.length === 0 ? 'no runs yet' : table(['run', 'slot', 'status', '>attempts', 'asked by', 'error'], rows));
        }
        const backups = await all((page) => home.carryOut({ action: 'list', database, all: options.all ?? false, ...page }));
        if (options.json) return printJson(backups);
        const rows = backups.map((backup) => [
          backup.id,
          local(backup.slot, timeZone),
          local(backup.startedAt, timeZone),
          `${backup.status}${backup.stranger === undefined ? '' : ', of another database'}`,
          backup.proof.verdict,
          sizeText(backup.size),
          String(backup.rows),
          backup.hold ? `held by ${backup.hold.by}` : '',
        ]);
        print(
          backups.length === 0
            ? 'the catalogue has no backups; "sauvegarde backup" makes one'
            : table(['backup', `slot (${timeZone})`, 'data of', 'status', 'proof', '>size', '>rows', 'hold'], rows),
        );
      });
    });
}
