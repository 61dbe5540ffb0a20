import type { Command } from 'commander';
import { messagesIn } from '../../core/mail/messages/languages.ts';
import { examine } from '../../local/doctor.ts';
import { type CommonOptions, withSession } from '../context.ts';
import { exit, isErrorName } from '../exit.ts';
import { print, printable, printJson } from '../output.ts';

const marks = { ok: 'ok     ', warning: 'warning', wrong: 'WRONG  ' };

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check everything a backup needs: configuration, sources, vault, space, mail, audit log; nothing is dumped')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde doctor\n  sauvegarde doctor --json\n\nExits with 1 when something is wrong.\n')
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withSession(options, async ({ platform, signal }) => {
        const findings = await examine(platform, signal);
        if (options.json) printJson(findings);
        else {
          const width = Math.max(...findings.map(({ check }) => check.length));
          for (const { check, state, found, error } of findings) {
            print(`${marks[state]}  ${check.padEnd(width)}  ${printable(found)}`);
            if (error && isErrorName(error)) print(`${' '.repeat(width + 11)}${messagesIn('en').advice[error]}`);
          }
        }
        if (findings.some(({ state }) => state === 'wrong')) process.exitCode = exit.failed;
      });
    });
}
