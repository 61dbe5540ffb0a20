import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { Backup } from '../../core/catalogue/backups.ts';
import type { Flaw } from '../../core/documents/flaw.ts';
import type { Manifest } from '../../core/documents/manifest.ts';
import { cardOf } from '../../core/engines/cards.ts';
import { sizeText } from '../../core/figures.ts';
import type { Home } from '../../core/operations/orders/home.ts';
import { type CommonOptions, withHome } from '../context.ts';
import { authorOf, basisMeaning, proofOf } from '../describe.ts';
import { beside, duration, local, print, printable, printJson, table, wrapped } from '../output.ts';

export function register(program: Command): void {
  program
    .command('show')
    .description('show a backup: where it lies, its proof, its tables, its history, and how to restore it by hand')
    .argument('<backup>', "its id, or a database's name for the newest good one")
    .option('--json', 'print everything as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde show main\n  sauvegarde show main-20261122_050000Z --json\n')
    .action(async (name: string, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withHome(options, async (home) => {
        const { timeZone } = home;
        const { backup, history, files } = await home.carryOut({ action: 'show', backup: name });
        if (options.json) return printJson({ backup, ...files, history });
        if (!files)
          return print(
            `${backup.id} is ${backup.status}${backup.retiredAt ? ` since ${local(backup.retiredAt, timeZone)}; "sauvegarde unretire ${backup.id}" brings it back` : ''}`,
          );
        const { manifest, scan, proof, sealed } = files;
        const card = cardOf(manifest.engine);
        const needs = scan && 'needs' in card ? card.needs(scan) : undefined;
        const globals = scan && 'globals' in card ? card.globals(scan) : undefined;
        const at = (instant: string) => `${local(instant, timeZone)} (${timeZone})`;
        const facts = [
          ['database', `${manifest.database} (${scan ? `${scan.product.name} ${scan.product.version}` : manifest.engine})`],
          ...sourceLine(manifest, backup),
          ['slot', at(manifest.slot)],
          ['read', `${at(manifest.startedAt)}, in ${duration(manifest.seconds)}`],
          ['asked by', `${manifest.requestedBy} (${manifest.kind}${manifest.reason === undefined ? '' : `; ${manifest.reason}`})`],
          ['file', home.locate(manifest.dump.key)],
          ['size', `${sizeText(manifest.dump.size)} stored, ${sizeText(manifest.totals.bytes)} before ${manifest.compression}`],
          ['sha-256', manifest.dump.sha256],
          ...encryptionLines(manifest, sealed),
          ['proof', `${proofOf(backup)}${backup.proof.at ? `, ${at(backup.proof.at)}` : ''}`],
          ...(manifest.proof.basis && backup.proof.at === manifest.proof.at ? [['', basisMeaning]] : []),
          ...flawLines(proof?.flaws ?? scan?.flaws ?? []).map((line) => ['', line]),
          ...[...(proof?.differences ?? []), ...(proof?.unproven ?? []), ...(proof?.notes ?? [])].map((line) => ['', printable(line)]),
          ...(needs === undefined ? [] : [['needs', printable(needs)]]),
          ...(globals === undefined ? [] : [['roles', printable(globals)]]),
          ...(backup.hold ? [['hold', `by ${backup.hold.by} since ${at(backup.hold.since)}: ${printable(backup.hold.reason)}`]] : []),
        ];
        const tables = scan?.tables.map((each) => [printable(each.name), String(each.rows), sizeText(each.bytes), each.sha256.slice(0, 16)]);
        const others = Object.entries(scan?.objects ?? {}).map(([kind, count]) => `${count} × ${kind}`);
        print(
          [
            backup.id,
            ...facts.map(([key = '', value = '']) => beside(`  ${key}`, value, 12)),
            ...(tables ? ['', table(['table', '>rows', '>bytes', 'sha-256 (start)'], tables)] : []),
            ...(others.length > 0 ? [wrapped(`and ${others.join(', ')}`, 4)] : []),
            '',
            wrapped(`by hand, ${reach(home, manifest, options)}:`, 2),
            ...manifest.restore.map((line) => `  ${line}`),
            '',
            'history',
            ...history.map((entry) =>
              wrapped(`  ${local(entry.at, timeZone)}  ${entry.action} by ${authorOf(entry)}${entry.detail ? `: ${printable(entry.detail)}` : ''}`, 4),
            ),
          ].join('\n'),
        );
      });
    });
}

/** Names those who can open an encrypted backup, and says why its tables are not shown. */
function encryptionLines({ dump: { encryption } }: Manifest, sealed: string | undefined): string[][] {
  if (!encryption) return [];
  const [first, ...others] = encryption.recipients;
  return [
    ['encrypted', `as age does, for ${first}`],
    ...others.map((recipient) => ['', `and ${recipient}`]),
    ...(sealed === undefined ? [] : [['', `${sealed}: "--identity FILE" shows its tables`]]),
  ];
}

/** Says which database it is a backup of, by the identity that its server tells. */
function sourceLine({ database, identity }: Manifest, { stranger }: Backup): string[][] {
  if (!identity) return [];
  return [
    [
      'source',
      `${printable(identity.mark)}${stranger === undefined ? '' : `: another database than before, so it counts apart; "sauvegarde accept ${database}" ends that`}`,
    ],
  ];
}

/** Lists flaws, each followed by what mends the source. */
function flawLines(flaws: readonly Flaw[]): string[] {
  return flaws.flatMap(({ what, remedy }) => [printable(what), `  ${printable(remedy)}`]);
}

/** Explains how to get the file with which a manifest's commands begin: completes "by hand, …". */
function reach(home: Home, { id, dump }: Manifest, { stack }: CommonOptions): string {
  return stack === undefined ? `in ${dirname(home.locate(dump.key))}` : `after "sauvegarde --stack ${stack} download ${id}"`;
}
