import type { Command } from 'commander';
import type { Proof } from '../../core/documents/proof.ts';
import { BackupRefutedError, ConfigurationError } from '../../core/errors.ts';
import { verify } from '../../core/operations/orders/verify.ts';
import { verifyCopy } from '../../core/operations/orders/verify-copy.ts';
import { copyOf } from '../chosen-copy.ts';
import { type CommonOptions, isForStack, withSession, withStack } from '../context.ts';
import { duration, print, printable, printJson, wrapped, wrappedText } from '../output.ts';

interface VerifyOptions extends CommonOptions {
  copy?: string | true;
}

export function register(program: Command): void {
  program
    .command('verify')
    .description('prove a backup now: restore it into a place that lives only for this, and compare')
    .argument('<backup>', "its id, or a database's name for the newest good one")
    .option('--copy [place]', 'prove it from a copy: its place, or its number in local.copies; without either the first')
    .option('--json', 'print the proof as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  sauvegarde verify main\n  sauvegarde verify main-20261122_050000Z --json\n  sauvegarde verify main --copy 2\n  sauvegarde --stack sauvegarde verify main\n',
    )
    .action(async (name: string, _, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>();
      if (isForStack(options)) {
        if (options.copy !== undefined) throw new ConfigurationError('a stack has no copies of its own vault: leave --copy out');
        return withStack(options, async (home, { signal, talk }) => {
          signal.addEventListener('abort', () => talk.warn(goesOn(options.stack, name)));
          tellProof(await home.proofOf(await home.verify(name)), options);
        });
      }
      await withSession(options, async ({ platform, signal, author, talk }) => {
        const copy = options.copy === undefined ? undefined : copyOf(platform.copies, options.copy);
        const proof = copy
          ? await verifyCopy(platform, { backup: name, copy, ...author }, signal)
          : await verify(platform, { backup: name, ...author }, signal);
        talk.clear();
        tellProof(proof, options, copy?.place);
      });
    });
}

function goesOn(stack: string, backup: string): string {
  return `waiting was stopped, but the proof goes on: "sauvegarde --stack ${stack} show ${backup}" shows it`;
}

/** Prints a proof. Throws BackupRefutedError for a refuted one; `copy` is the place of the copy that was proven. */
function tellProof(proof: Proof, { json }: VerifyOptions, copy?: string): void {
  if (json) printJson(proof);
  else if (proof.verdict !== 'refuted') {
    print(wrapped(`${proof.backup}: ${proof.verdict} in ${duration(proof.seconds)}: restored, checked and compared with what was backed up`, 2));
    for (const { what, remedy } of proof.flaws) print(wrappedText(`  flaw: ${printable(what)}\n    ${printable(remedy)}`, 4));
    for (const line of [...proof.unproven, ...proof.notes]) print(wrapped(`  ${printable(line)}`, 4));
  }
  if (proof.verdict === 'refuted')
    throw new BackupRefutedError(
      `${proof.backup} cannot be restored${copy ? ` from the copy in ${copy}` : ''}: ${proof.differences.join('; ')}. ${copy ? 'It was removed there; "sauvegarde copy" copies it again' : 'It no longer counts as a backup'}`,
    );
}
