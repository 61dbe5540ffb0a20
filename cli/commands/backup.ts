import type { Command } from 'commander';
import { type CommonOptions, withHome } from '../context.ts';
import { describeBackup } from '../describe.ts';
import { print, printJson } from '../output.ts';

export function registerBackup(program: Command): void {
  program
    .command('backup')
    .description('back up a database now, or every configured one, and wait until it is done')
    .argument('[database]', 'its name in the configuration')
    .option('--json', 'print the backups as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde backup\n  sauvegarde backup main --json\n  sauvegarde --stack sauvegarde backup main\n')
    .action(async (database: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withHome(options, async (home) => {
        const made = await home.backUp(database);
        if (options.json) printJson(made);
        else for (const backup of made) print(describeBackup(backup, home.locate));
      });
    });
}
