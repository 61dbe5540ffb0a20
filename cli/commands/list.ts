import type { Command } from 'commander';
import { databaseOf } from '../../core/operations/open.ts';
import { type CommonOptions, withSession } from '../context.ts';
import { local, print, printable, printJson, size, table } from '../output.ts';

interface ListOptions extends CommonOptions {
  all?: boolean;
  runs?: boolean;
}

export function registerList(program: Command): void {
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
      await withSession(options, async ({ platform }) => {
        const { catalogue, config } = platform;
        if (database !== undefined && (await catalogue.backups.list(database)).length === 0) databaseOf(platform, database);
        if (options.runs) {
          const runs = await catalogue.runs.list({ limit: 100, ...(database !== undefined && { database }) });
          if (options.json) return printJson(runs);
          const rows = runs.map((run) => [
            run.id,
            local(run.slot, config.timeZone),
            run.status,
            String(run.attempts),
            run.requestedBy,
            run.error ? printable(`${run.error.name}: ${run.error.message}`) : '',
          ]);
          return print(runs.length === 0 ? 'no runs yet' : table(['run', 'slot', 'status', '>attempts', 'asked by', 'error'], rows));
        }
        const backups = (await catalogue.backups.list(database)).filter(({ status }) => options.all || status !== 'retired');
        if (options.json) return printJson(backups);
        const rows = backups.map((backup) => [
          backup.id,
          local(backup.slot, config.timeZone),
          local(backup.startedAt, config.timeZone),
          backup.status,
          backup.proof.verdict,
          size(backup.size),
          String(backup.rows),
          backup.hold ? `held by ${backup.hold.by}` : '',
        ]);
        print(
          backups.length === 0
            ? 'no backups yet; "sauvegarde backup" makes one'
            : table(['backup', `slot (${config.timeZone})`, 'data of', 'status', 'proof', '>size', '>rows', 'hold'], rows),
        );
      });
    });
}
