import type { Command } from 'commander';
import { counted } from '../../core/figures.ts';
import { type CommonOptions, withHome } from '../context.ts';
import { exit } from '../exit.ts';
import { print, printable, printJson, wrapped } from '../output.ts';
import { running } from '../running.ts';

export function register(program: Command): void {
  program
    .command('rebuild')
    .description(
      'record every backup of the vault that the catalogue lacks, with its hold and its run, and correct records that contradict it; a damaged catalogue is set aside first',
    )
    .option('--take-over', 'make a vault of another machine, which no longer writes into it, the vault of this one')
    .option('--begin-again', 'begin an empty vault in the place of one that is lost, whose backups are missing from then on')
    .option('--json', 'print what was recorded as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  sauvegarde rebuild\n  sauvegarde --stack sauvegarde rebuild\n\nStop the service first if the catalogue is damaged. Exits with 4 when a manifest cannot be read.\n',
    )
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & { takeOver?: boolean; beginAgain?: boolean }>();
      await withHome(
        options,
        async (home) => {
          const order = { takeOver: options.takeOver ?? false, beginAgain: options.beginAgain ?? false };
          const { takenOverFrom, ...rebuilt } = await home.rebuild(order);
          const { corrected, invalid, missing, recorded, runs } = rebuilt;
          if (invalid.length > 0) running().status = exit.unsound;
          if (options.json) return printJson({ ...rebuilt, ...(takenOverFrom !== undefined && { takenOverFrom }) });
          if (takenOverFrom !== undefined) print(`the vault belongs to this machine now; before it belonged to ${takenOverFrom}`);
          if (missing) print(`a vault is begun; ${counted(missing.length, 'backup')} of the lost one ${missing.length === 1 ? 'is' : 'are'} missing`);
          const changed = corrected.length > 0 ? `, ${counted(corrected.length, 'altered record')} corrected: ${corrected.join(', ')}` : '';
          const others = runs.length > 0 ? `, and ${counted(runs.length, 'run')} of backups that it knew` : '';
          print(
            `the catalogue is sound; ${counted(recorded.length, 'backup')} of the vault ${recorded.length === 1 ? 'was' : 'were'} added${others}${changed}`,
          );
          for (const { key, reason } of invalid) print(wrapped(`  not added: ${home.locate(key)}: ${printable(reason)}`, 4));
        },
        { mends: true },
      );
    });
}
