import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { storageError } from '../../core/bytes/storage-error.ts';
import { newKey } from '../../core/encryption/age-keys.ts';
import { RefusedError } from '../../core/errors.ts';
import { checkKeys } from '../../core/operations/orders/check-keys.ts';
import { type CommonOptions, withSession } from '../context.ts';
import { report } from '../findings.ts';
import { print, printJson } from '../output.ts';

export function register(program: Command): void {
  const key = program.command('key').description('make a key for encrypted backups, or check one');
  key
    .command('new')
    .description('write a new secret key of age into a file, and print its public name for encryption.recipients')
    .argument('<file>', 'a file that does not exist yet; keep it, and a copy, away from this machine')
    .option('--json', 'print the public name as JSON')
    .addHelpText('after', '\nExample:\n  sauvegarde key new key.txt\n')
    .action((name: string, _, command: Command) => {
      const { secret, recipient } = newKey();
      const file = resolve(name);
      try {
        writeFileSync(file, `# public key: ${recipient}\n${secret}\n`, { flag: 'wx', mode: 0o600 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new RefusedError(`${file} already exists; nothing was changed`);
        throw storageError(error, `write ${file}`);
      }
      if (command.optsWithGlobals<CommonOptions>().json) printJson({ file, recipient });
      else print(recipient);
    });
  key
    .command('check')
    .description('check that the identity opens a test file for the configured recipients, and the newest backup of each database')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde key check\n  sauvegarde key check --identity key.txt\n\nExits with 1 when something is wrong.\n')
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withSession(options, async ({ platform }) => report(await checkKeys(platform), options), { looks: true });
    });
}
