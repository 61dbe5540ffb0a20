import type { Command } from 'commander';
import { reasonOf } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { type CommonOptions, talk, withHome } from '../context.ts';
import { describeBackup } from '../describe.ts';
import { exit } from '../exit.ts';
import { tellFailure } from '../failure.ts';
import { backUp, type Outcome } from '../follow.ts';
import { print, printJson } from '../output.ts';
import { running } from '../running.ts';

export function register(program: Command): void {
  program
    .command('backup')
    .description('back up a database now, or every configured one, and wait until it is done')
    .argument('[database]', 'its name in the configuration')
    .option('--json', 'print the backups, and the databases without a new one, as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde backup\n  sauvegarde backup main --json\n  sauvegarde --stack sauvegarde backup main\n')
    .action(async (database: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const outcomes: Outcome[] = [];
      try {
        await withHome(
          options,
          async (home, { signal }) => {
            if (options.stack !== undefined) signal.addEventListener('abort', () => talk.warn(goesOn(options.stack)));
            for await (const outcome of backUp(home, database, signal)) {
              outcomes.push(outcome);
              if ('backup' in outcome && !options.json) print(describeBackup(outcome.backup, home.locate));
            }
          },
          { mends: true, log: withoutFailures(talk) },
        );
        if (options.json) printJson(outcomes.map(recordOf));
      } finally {
        if (outcomes.length > 0) running().hasAnswered = true; // what failed is in the answer, or was not asked for to its end
        running().status = tellFailures(outcomes, database !== undefined);
      }
    });
}

/** Passes everything but failures of runs, which the command reports at its end. */
function withoutFailures(log: Log): Log {
  return {
    info: (message) => log.info(message),
    warn: (message) => log.warn(message),
    error: (message, fields) => (fields?.run === undefined ? log.error(message) : undefined),
    progress: (progress) => log.progress(progress),
  };
}

function goesOn(stack: string | undefined): string {
  return `waiting was stopped, but the runs go on: "sauvegarde --stack ${stack} list --runs" shows how they end`;
}

/**
 * Returns the catalogue's record of the backup; for a database without one, an object that its `status` tells apart.
 */
function recordOf(outcome: Outcome) {
  return 'backup' in outcome ? outcome.backup : { database: outcome.database, status: 'failed', error: reasonOf(outcome.error) };
}

/**
 * Reports which databases have no new backup, why, and what to try. Returns the exit status of these failures; if they
 * differ, that of any failure.
 */
function tellFailures(outcomes: Outcome[], isNamed: boolean): number {
  const failures = outcomes.filter((outcome) => 'error' in outcome);
  const statuses = new Set(failures.map(({ database, error }) => tellFailure(error, isNamed ? undefined : database)));
  const [status = exit.done] = statuses;
  return statuses.size > 1 ? exit.failed : status;
}
