import type { Command } from 'commander';
import { type CommonOptions, withHome } from '../context.ts';
import { print, printable, printJson } from '../output.ts';

/** Registers `accept`: an order about a database whose name leads elsewhere than before. */
export function register(program: Command): void {
  program
    .command('accept')
    .description('let the backups of a database count with those from before, although its name leads to another database now')
    .argument('<database>', 'its name in the configuration')
    .option('--json', 'print what was accepted as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  sauvegarde accept main\n\nFor a restore into a new server, an upgrade, a move. Until then they count apart, and none displaces the others.\n',
    )
    .action(async (database: string, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withHome(options, async (home) => {
        const accepted = await home.carryOut({ action: 'accept', database });
        if (options.json) printJson(accepted);
        else print(`accepted: ${database} is ${printable(accepted.mark)} from now on; its backups count together`);
      });
    });
}
