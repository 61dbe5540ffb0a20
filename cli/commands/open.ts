import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { counted } from '../../core/figures.ts';
import { openBackup } from '../../core/operations/orders/open-backup.ts';
import { type CommonOptions, withSession } from '../context.ts';
import { print, printable, printJson, wrapped } from '../output.ts';

export function registerOpen(program: Command): void {
  program
    .command('open')
    .description('restore a backup into a database that lives until you press Enter, to look at old data with your own tools')
    .argument('<backup>', "its id, or a database's name for the newest good one")
    .option('--json', 'print the address as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde open main\n  sauvegarde open main-20261122_050000Z\n')
    .action(async (backup: string, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withSession(options, async ({ platform, signal, author, talk }) => {
        await using opened = await openBackup(platform, { backup, ...author }, signal);
        talk.clear();
        const { address, command: look, ended, notes, rows, tables } = opened;
        if (options.json) printJson({ backup: opened.backup, address, command: look, tables, rows, notes });
        else {
          print(`${opened.backup} is open: ${counted(rows, 'row')} in ${counted(tables, 'table')}, equal to what was backed up`);
          for (const note of notes) print(wrapped(`  note: ${printable(note)}`, 4));
          print(`  address  ${address}\n  look     ${look}`);
        }
        talk.info('press Enter to end and to remove it; changes that you make are lost');
        await enter(ended ? AbortSignal.any([signal, ended]) : signal);
      });
    });
}

/** Waits for a line, or the end, of standard input. Throws the signal's reason if it fires. */
async function enter(signal: AbortSignal): Promise<void> {
  using lines = createInterface({ input: process.stdin });
  try {
    await Promise.race([once(lines, 'line', { signal }), once(lines, 'close', { signal })]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
