import type { Command } from 'commander';
import type { Incident } from '../../core/catalogue/incidents.ts';
import { counted, sizeText } from '../../core/figures.ts';
import { messagesIn } from '../../core/mail/messages/languages.ts';
import type { DatabaseStatus, Status } from '../../core/operations/orders/status.ts';
import { type CommonOptions, withHome } from '../context.ts';
import { exit } from '../exit.ts';
import { ago, duration, local, print, printable, printJson, wrapped } from '../output.ts';
import { running } from '../running.ts';
import { sparkline } from '../sparkline.ts';

/** Columns of a terminal, and of a sparkline. */
const [columns, sparks] = [80, 20];
/** Lines of one reason; `list --runs` has it whole. */
const mostLines = 5;

const words: Record<DatabaseStatus['state'], string> = {
  good: 'ok',
  flawed: 'RESTORES, WITH FLAWS',
  attention: 'NEEDS ATTENTION',
  late: 'LATE',
  failed: 'FAILED',
  unsafe: 'NOT SAFE',
  new: 'NO BACKUP YET',
  idle: 'no longer configured',
};

export function register(program: Command): void {
  program
    .command('status')
    .description('answer "am I safe?": how every database stands, on one screen')
    .option('--json', 'print everything as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  sauvegarde status\n  sauvegarde status --json\n\nExits with 1 unless every database has a good backup in time and no incident is open.\n',
    )
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withHome(options, async (home) => {
        const status = await home.carryOut({ action: 'status' });
        if (options.json) printJson(status);
        else print(screenOf(status, home.timeZone));
        if (!status.well) running().status = exit.failed;
      });
    });
}

/** Writes the screen, at most 80 columns wide. */
export function screenOf({ at, databases, incidents, well }: Status, timeZone: string): string {
  const open = [...incidents, ...databases.flatMap((each) => each.incidents)];
  const without = databases.filter(({ lastGood }) => lastGood === undefined).length;
  const late = databases.filter(({ state }) => state === 'late').length;
  const count = (databases: number, what: string) => `${counted(databases, 'database')} ${what}`;
  const answer = well
    ? `All is well: ${databases.length === 1 ? 'the database has' : `all ${databases.length} databases have`} a good backup`
    : [
        ...(open.length > 0 ? [counted(open.length, 'open incident')] : []),
        ...(without > 0 ? [count(without, 'without a good backup')] : []),
        ...(late > 0 ? [count(late, 'late')] : []),
      ].join(', ');
  const lines = [
    answer,
    `on ${local(at, timeZone).slice(0, -3)} (${timeZone})`,
    ...databases.flatMap((each) => ['', ...linesOf(each, at, timeZone)]),
    ...(incidents.length > 0 ? ['', 'vault', ...incidents.flatMap((incident) => linesOfIncident(incident, timeZone))] : []),
  ];
  return lines.flatMap((line) => foldedTo(columns, line)).join('\n');
}

function linesOf(
  { database, incidents, lastGood, next, restoreSeconds, running, runs, seconds, sizes, state, window }: DatabaseStatus,
  at: string,
  timeZone: string,
): string[] {
  const rate = runs.succeeded === undefined ? 'no runs yet' : `${Math.floor(runs.succeeded * 100)}% of ${counted(runs.count, 'run')} succeeded`;
  return [
    `${database.padEnd(40)} ${words[state]}${running ? ', being backed up' : ''}`,
    ...(lastGood
      ? [
          `  last good  ${local(lastGood.startedAt, timeZone).slice(0, -3)}, ${ago(at, lastGood.startedAt)} old, proof: ${lastGood.proof.verdict}`,
          `  size       ${sparkline(sizes, sparks).padEnd(sparks)}  ${sizeText(lastGood.size)} stored, ${sizeText(lastGood.bytes)} before compression`,
          `  duration   ${sparkline(seconds, sparks).padEnd(sparks)}  ${duration(lastGood.seconds)} to dump${restoreSeconds === undefined ? '' : `, ${duration(restoreSeconds)} to restore`}`,
        ]
      : ['  last good  none']),
    `  30 days    ${rate}; next ${nextText(next, window, timeZone)}`,
    ...incidents.flatMap((incident) => linesOfIncident(incident, timeZone)),
  ];
}

/** Formats the next beginning: an instant, or the times between which it lies. */
function nextText(next: string, window: number | undefined, timeZone: string): string {
  const from = local(next, timeZone).slice(0, -3);
  if (window === undefined) return from;
  return `${from} to ${local(new Date(Date.parse(next) + window * 60_000).toISOString(), timeZone).slice(-8, -3)}`;
}

function linesOfIncident({ kind, last, since }: Incident, timeZone: string): string[] {
  const { title } = messagesIn('en');
  return [`  ! ${title(kind)}, since ${local(since, timeZone).slice(0, -3)}`, `    ${printable(last.error.message).replaceAll(/\s+/g, ' ')}`];
}

/**
 * Breaks a line between words, and what is longer than a screen at its edge. Shows the first lines of a long reason.
 */
function foldedTo(width: number, line: string): string[] {
  const pieces = new RegExp(`.{1,${width - 4}}`, 'gu');
  const lines = wrapped(line, 4, width)
    .split('\n')
    .flatMap((each) => (each.length > width ? (each.trim().match(pieces) ?? []).map((piece) => `    ${piece}`) : [each]));
  return lines.length > mostLines ? [...lines.slice(0, mostLines - 1), '    …'] : lines;
}
