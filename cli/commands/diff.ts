import type { Command } from 'commander';
import type { NameDifference } from '../../core/documents/backup-difference.ts';
import { counted } from '../../core/figures.ts';
import { type CommonOptions, withHome } from '../context.ts';
import { local, print, printable, printJson, wrapped } from '../output.ts';

export function register(program: Command): void {
  program
    .command('diff')
    .description('compare what two backups hold: tables, rows, sequences and definitions; nothing is restored')
    .argument('<backup>', "the earlier one: its id, or a database's name for the newest good one")
    .argument('<other>', 'the later one')
    .option('--json', 'print the differences as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde diff main-20261121_050000Z main\n  sauvegarde diff main-20261121_050000Z main-20261122_050000Z --json\n')
    .action(async (backup: string, other: string, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withHome(options, async (home) => {
        const found = await home.carryOut({ action: 'diff', backup, other });
        if (options.json) return printJson(found);
        const { from, to, tables, sequences, definitions, notCompared, objects } = found;
        const at = (instant: string) => `${local(instant, home.timeZone)} (${home.timeZone})`;
        const lines = [
          ...tables.come.map(({ name, rows }) => `+ table ${name}, ${counted(rows, 'row')}`),
          ...tables.gone.map(({ name, rows }) => `- table ${name}, ${counted(rows, 'row')}`),
          ...tables.changed.map(({ name, rows, before }) =>
            rows === before ? `~ table ${name}: other contents in its ${counted(rows, 'row')}` : `~ table ${name}: ${counted(rows, 'row')}, before ${before}`,
          ),
          ...named('sequence ', sequences),
          ...named('', definitions ?? { come: [], gone: [], changed: [] }),
          ...objects.map(({ kind, before, after }) => `~ ${kind}: ${after}, before ${before}`),
        ];
        print(
          [
            `from ${from.backup}, read ${at(from.at)}`,
            `to   ${to.backup}, read ${at(to.at)}`,
            ...lines.map((line) => wrapped(`  ${printable(line)}`, 4)),
            lines.length === 0 ? `  nothing differs in ${counted(tables.same, 'table')}` : `  ${counted(tables.same, 'table')} with the same rows`,
            ...(notCompared === undefined ? [] : [wrapped(`  definitions were not compared: ${notCompared}`, 4)]),
          ].join('\n'),
        );
      });
    });
}

function named(what: string, { come, gone, changed }: NameDifference): string[] {
  const marked = (mark: string, names: string[]) => names.map((name) => `${mark} ${what}${name}`);
  return [...marked('+', come), ...marked('-', gone), ...marked('~', changed)];
}
