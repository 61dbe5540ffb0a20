import type { Command } from 'commander';
import type { AuditEntry } from '../../core/catalogue/audit.ts';
import { itemsOf, usualLimit } from '../../core/catalogue/page.ts';
import { ConfigurationError } from '../../core/errors.ts';
import { counted } from '../../core/figures.ts';
import { type CommonOptions, withHome } from '../context.ts';
import { authorOf } from '../describe.ts';
import { exit } from '../exit.ts';
import { local, print, printable, printJson, table, wrapped } from '../output.ts';
import { running } from '../running.ts';

interface AuditOptions extends CommonOptions {
  by?: string;
  since?: string;
  until?: string;
  limit: string;
  verify?: boolean;
}

export function register(program: Command): void {
  program
    .command('audit')
    .description('list who did what, newest first; or check that nothing of the log was changed')
    .argument('[database]', 'only about this database')
    .option('--by <author>', 'only of this author: cli:alice, or alice')
    .option('--since <instant>', 'only from this instant on: 2026-11-01, or 2026-11-01T02:00:00Z')
    .option('--until <instant>', 'only before this instant')
    .option('--limit <number>', 'at most as many entries', '100')
    .option('--verify', 'check the chain of all entries, and the heads of it that the vault holds')
    .option('--json', 'print entries, or the result, as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  sauvegarde audit main --since 2026-11-01\n  sauvegarde audit --by alice --json\n  sauvegarde audit --verify\n\n--verify exits with 4 when an entry was changed, removed or cut off.\n',
    )
    .action(async (database: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<AuditOptions>();
      await withHome(options, async (home) => {
        if (options.verify) {
          const verdict = await home.carryOut({ action: 'verifyAudit' });
          const { entries, faults, heads } = verdict;
          if (options.json) printJson(verdict);
          else if (faults.length === 0)
            print(
              `${counted(entries, 'entry', 'entries')}, none altered or removed; ${counted(heads, 'head')} in the vault ${heads === 1 ? 'agrees' : 'agree'}`,
            );
          else
            print(
              [
                `${counted(entries, 'entry', 'entries')}, ${counted(heads, 'head')} in the vault; the log is not as it was written:`,
                ...faults.map((fault) => wrapped(`  ${printable(fault)}`, 4)),
              ].join('\n'),
            );
          if (faults.length > 0) running().status = exit.unsound;
          return;
        }
        const query = { database, author: options.by, since: instantOf(options.since, '--since'), until: instantOf(options.until, '--until') };
        const most = numberOf(options.limit);
        const entries: AuditEntry[] = [];
        for await (const entry of itemsOf((page) => home.carryOut({ action: 'audit', ...query, ...page }), usualLimit)) {
          if (entries.length === most) break;
          entries.push(entry);
        }
        if (options.json) return printJson(entries);
        const rows = entries.map((entry) => [local(entry.at, home.timeZone), authorOf(entry), entry.action, printable(entry.subject), printable(entry.detail)]);
        print(rows.length === 0 ? 'no entries' : table([`at (${home.timeZone})`, 'by', 'action', 'subject', 'detail'], rows));
      });
    });
}

function instantOf(text: string | undefined, option: string): string | undefined {
  if (text === undefined) return undefined;
  const instant = new Date(text);
  if (Number.isNaN(instant.getTime()))
    throw new ConfigurationError(`${option}: ${JSON.stringify(text)} is no instant; write 2026-11-01 or 2026-11-01T02:00:00Z`);
  return instant.toISOString();
}

function numberOf(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new ConfigurationError(`--limit: ${JSON.stringify(text)} is no number of entries; write 1 to 9999999`);
  return Number(text);
}
