import type { Command } from 'commander';
import type { Backup } from '../../core/catalogue/backups.ts';
import type { Order } from '../../core/operations/orders/orders.ts';
import { type CommonOptions, withHome } from '../context.ts';
import { print, printJson } from '../output.ts';

const which = "its id, or a database's name for the newest good one";

/** Registers `hold`, `release`, `retire` and `unretire`: orders about one backup. */
export function register(program: Command): void {
  order(
    program,
    'hold',
    'order that a backup is never retired',
    'sauvegarde hold main --reason "before the migration"',
    (held) => `${held.id} is held until you release it`,
    (backup, reason) => ({ action: 'hold', backup, reason }),
  ).option('--reason <text>', 'the reason', '');
  order(
    program,
    'release',
    'remove a hold',
    'sauvegarde release main-20261122_050000Z',
    (released) => `${released.id} is no longer held; rotation treats it like any other`,
    (backup) => ({ action: 'release', backup }),
  );
  order(
    program,
    'retire',
    'retire a backup now, or let one go that the vault has lost',
    'sauvegarde retire main-20261122_050000Z',
    (retired) => `${retired.id} is retired and counts no more`,
    (backup) => ({ action: 'retire', backup }),
  );
  order(
    program,
    'unretire',
    'bring a retired backup back, and hold it',
    'sauvegarde unretire main-20261001_050000Z',
    (back) => `${back.id} is back, and held until you release it`,
    (backup) => ({ action: 'unretire', backup }),
  );
}

function order(
  program: Command,
  name: string,
  description: string,
  example: string,
  say: (backup: Backup) => string,
  orderFor: (backup: string, reason: string) => Order<'hold' | 'release' | 'retire' | 'unretire'>,
): Command {
  return program
    .command(name)
    .description(description)
    .argument('<backup>', which)
    .option('--json', 'print its record as JSON')
    .addHelpText('after', `\nExample:\n  ${example}\n`)
    .action(async (backup: string, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & { reason: string }>();
      await withHome(options, async (home) => {
        const changed = await home.carryOut(orderFor(backup, options.reason));
        if (options.json) printJson(changed);
        else print(say(changed));
      });
    });
}
