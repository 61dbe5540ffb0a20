import type { Command } from 'commander';
import { examine } from '../../local/doctor.ts';
import { type CommonOptions, withSession } from '../context.ts';
import { report } from '../findings.ts';

export function register(program: Command): void {
  program
    .command('doctor')
    .description('check everything a backup needs: configuration, sources, vault, space, mail, audit log; nothing is dumped or made')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde doctor\n  sauvegarde doctor --json\n\nExits with 1 when something is wrong.\n')
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withSession(options, async ({ platform, signal }) => report(await examine(platform, signal), options), { looks: true });
    });
}
