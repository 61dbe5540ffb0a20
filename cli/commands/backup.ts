import type { Command } from 'commander';
import { errorFrom } from '../../core/errors.ts';
import type { BackupRequest } from '../../core/operations/open.ts';
import { databaseOf } from '../../core/operations/open.ts';
import { reasonOfFailure } from '../../core/workflow/execution.ts';
import { runBackup } from '../../local/workflow.ts';
import { type CommonOptions, type Session, withSession } from '../context.ts';
import { describeBackup } from '../describe.ts';
import { print, printJson } from '../output.ts';

export function registerBackup(program: Command): void {
  program
    .command('backup')
    .description('back up a database now, or every configured one, and wait until it is done')
    .argument('[database]', 'its name in the configuration')
    .option('--json', 'print the backups as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde backup\n  sauvegarde backup main --json\n')
    .action(async (database: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withSession(options, async (session) => {
        const { platform } = session;
        const names = database === undefined ? Object.keys(platform.config.databases) : [database];
        for (const name of names) databaseOf(platform, name);
        const made = [];
        for (const name of names) made.push(await backUp(session, await manualRequest(session, name)));
        if (options.json) printJson(made);
        else for (const backup of made) print(describeBackup(platform, backup));
      });
    });
}

/** The instant of the request is its slot; one that is taken already (two requests in a second, a clock set back) moves on to the next free second. */
async function manualRequest({ platform, by }: Session, database: string): Promise<BackupRequest> {
  const taken = new Set((await platform.catalogue.runs.list({ database })).filter(({ kind }) => kind === 'manual').map(({ slot }) => slot));
  let slot = Math.floor(platform.clock.now().getTime() / 1000) * 1000;
  while (taken.has(new Date(slot).toISOString())) slot += 1000;
  return { database, slot: new Date(slot).toISOString(), kind: 'manual', requestedBy: by, again: false };
}

/** Runs the workflow and returns the backup it made; a run that failed throws its error. */
async function backUp({ platform, signal }: Session, request: BackupRequest) {
  const end = await runBackup(platform, request, signal);
  if (end.status !== 'SUCCEEDED') {
    const { name, message } = reasonOfFailure({ Error: end.error ?? '', Cause: end.cause ?? '' }, end.status);
    throw errorFrom(name, message);
  }
  const backup = await platform.catalogue.backups.get(end.name);
  if (!backup) throw errorFrom('UnexpectedError', `${end.name} succeeded but is not in the catalogue`);
  return backup;
}
