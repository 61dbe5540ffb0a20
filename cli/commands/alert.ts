import type { Command } from 'commander';
import { ConfigurationError } from '../../core/errors.ts';
import { messagesIn } from '../../core/mail/messages/languages.ts';
import { type CommonOptions, withHome } from '../context.ts';
import { exit, isErrorName } from '../exit.ts';
import { print, printable, printJson } from '../output.ts';
import { running } from '../running.ts';

export function register(program: Command): void {
  program
    .command('alert')
    .description('send a test by every way of telling people, and say which took it')
    .option('--test', 'really send it')
    .option('--json', 'print the results as JSON')
    .addHelpText('after', '\nExample:\n  sauvegarde alert --test\n\nExits with 1 when a way did not take it, or when there is none.\n')
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & { test?: boolean }>();
      if (!options.test) throw new ConfigurationError('alert sends a test to everybody who gets alerts; confirm with --test');
      await withHome(options, async (home) => {
        const delivered = await home.testAlert();
        if (options.json) printJson(delivered);
        else if (delivered.length === 0) print('nobody would be told: write administrators, or notify, into the configuration');
        else
          for (const { error, way } of delivered) {
            print(error ? `${way}: NOT TAKEN: ${printable(error.message)}` : `${way}: taken`);
            if (error && isErrorName(error.name)) print(`  ${messagesIn('en').advice[error.name]}`);
          }
        if (delivered.length === 0 || delivered.some(({ error }) => error)) running().status = exit.failed;
      });
    });
}
