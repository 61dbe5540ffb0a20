import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { RefusedError } from '../../core/errors.ts';
import { linkFile } from '../../local/console-link.ts';
import { type CommonOptions, withSession } from '../context.ts';
import { print } from '../output.ts';

export function register(program: Command): void {
  program
    .command('console')
    .description('print a link that opens the console of the running "sauvegarde local" in a browser, once')
    .addHelpText('after', '\nExample:\n  xdg-open "$(sauvegarde console)"\n')
    .action(async (_, command: Command) => {
      await withSession(command.optsWithGlobals<CommonOptions>(), async ({ platform }) => {
        const file = join(platform.state, linkFile);
        if (!existsSync(file)) throw new RefusedError('no console is served here: start "sauvegarde local", and see what it says of its console');
        print(readFileSync(file, 'utf8').trim());
      });
    });
}
