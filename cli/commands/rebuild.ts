import type { Command } from 'commander';
import { rebuild } from '../../core/operations/keeping/rebuild.ts';
import { type CommonOptions, withSession } from '../context.ts';
import { exit } from '../exit.ts';
import { counted, print, printJson } from '../output.ts';
import { running } from '../running.ts';

export function registerRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('record every backup of the vault that the catalogue lacks; a damaged catalogue is set aside first')
    .option('--json', 'print what was recorded as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  sauvegarde rebuild\n\nStop the service first if the catalogue is damaged. Exits with 4 when a manifest cannot be read.\n',
    )
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withSession(
        options,
        async ({ platform }) => {
          const { recorded, invalid } = await rebuild(platform);
          if (options.json) printJson({ recorded, invalid });
          else print(`the catalogue is sound; ${counted(recorded.length, 'backup')} of the vault ${recorded.length === 1 ? 'was' : 'were'} added`);
          if (invalid.length > 0) running().status = exit.unsound;
        },
        { mends: true },
      );
    });
}
