import type { Command } from 'commander';
import { counted } from '../../core/figures.ts';
import { takeOver } from '../../core/operations/keeping/ownership.ts';
import { rebuild } from '../../core/operations/keeping/rebuild.ts';
import { type CommonOptions, withSession } from '../context.ts';
import { exit } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { running } from '../running.ts';

export function registerRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('record every backup of the vault that the catalogue lacks, correct records that contradict it; a damaged catalogue is set aside first')
    .option('--take-over', 'make a vault of another machine, which no longer writes into it, the vault of this one')
    .option('--json', 'print what was recorded as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  sauvegarde rebuild\n\nStop the service first if the catalogue is damaged. Exits with 4 when a manifest cannot be read.\n',
    )
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & { takeOver?: boolean }>();
      await withSession(
        options,
        async ({ platform, author }) => {
          const before = options.takeOver ? await takeOver(platform, author) : undefined;
          const { recorded, corrected, invalid } = await rebuild(platform, author);
          if (before !== undefined && !options.json) print(`the vault belongs to this machine now; before it belonged to ${before}`);
          if (options.json) printJson({ recorded, corrected, invalid, ...(before !== undefined && { takenOverFrom: before }) });
          else {
            const changed = corrected.length > 0 ? `, ${counted(corrected.length, 'altered record')} corrected: ${corrected.join(', ')}` : '';
            print(`the catalogue is sound; ${counted(recorded.length, 'backup')} of the vault ${recorded.length === 1 ? 'was' : 'were'} added${changed}`);
          }
          if (invalid.length > 0) running().status = exit.unsound;
        },
        { mends: true },
      );
    });
}
