import type { Command } from 'commander';
import { BackupRefutedError } from '../../core/errors.ts';
import { verify } from '../../core/operations/orders/verify.ts';
import { type CommonOptions, withSession } from '../context.ts';
import { duration, print, printable, printJson, wrapped, wrappedText } from '../output.ts';

export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('prove a backup now: restore it into a place that lives only for this, and compare')
    .argument('<backup>', "its id, or a database's name for the newest good one")
    .option('--json', 'print the proof as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde verify main\n  sauvegarde verify main-20261122_050000Z --json\n')
    .action(async (name: string, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withSession(options, async ({ platform, signal, author, talk }) => {
        const proof = await verify(platform, { backup: name, ...author }, signal);
        talk.clear();
        if (options.json) printJson(proof);
        else if (proof.verdict !== 'refuted') {
          print(wrapped(`${proof.backup}: ${proof.verdict} in ${duration(proof.seconds)}: restored, checked and compared with what was backed up`, 2));
          for (const { what, remedy } of proof.flaws) print(wrappedText(`  flaw: ${printable(what)}\n    ${printable(remedy)}`, 4));
          for (const line of [...proof.unproven, ...proof.notes]) print(wrapped(`  ${printable(line)}`, 4));
        }
        if (proof.verdict === 'refuted')
          throw new BackupRefutedError(`${proof.backup} cannot be restored: ${proof.differences.join('; ')}. It no longer counts as a backup`);
      });
    });
}
