import { basename, dirname, join } from 'node:path';
import type { Backup } from '../../core/catalogue/backups.ts';
import { databaseOf } from '../../core/config/database-of.ts';
import { errorFrom } from '../../core/errors.ts';
import { rotate } from '../../core/operations/keeping/rotate.ts';
import { carryOut } from '../../core/operations/orders/orders.ts';
import { download } from '../../core/operations/orders/restore.ts';
import { reasonOfFailure } from '../../core/workflow/execution.ts';
import type { BackupRequest } from '../../core/workflow/request.ts';
import type { LocalPlatform } from '../../local/platform.ts';
import { runBackup } from '../../local/workflow.ts';
import { type Home, outcomeOf } from './home.ts';

/** Makes the home of this machine, with its vault and its catalogue. */
export function machine(platform: LocalPlatform, { by, signal }: { by: string; signal: AbortSignal }): Home {
  const administered = { ...platform, rotation: { rotate: (input: { database: string; by: string }) => rotate(platform, input) } };
  const locate = (key: string) => join(platform.config.local.vault, key);
  return {
    timeZone: platform.config.timeZone,
    carryOut: (order) => carryOut(administered, order),
    backUp: async function* (database) {
      if (database !== undefined) databaseOf(platform, database);
      for (const each of database === undefined ? Object.keys(platform.config.databases) : [database]) {
        const outcome = await outcomeOf(each, async () => backUp(platform, await manualRequest(platform, each, by), signal));
        if ('error' in outcome) signal.throwIfAborted();
        yield outcome;
      }
    },
    download: async (backup) => {
      const { manifest, bytes } = await download(platform, { backup, by });
      const { key, size, sha256 } = manifest.dump;
      return { backup: manifest.id, file: basename(key), size, sha256, bytes };
    },
    locate,
    reach: ({ dump }) => `in ${dirname(locate(dump.key))}`,
  };
}

/**
 * Makes a request whose slot is its instant. If that is taken (two requests in a second, a clock set back), it takes
 * the next free second.
 */
async function manualRequest({ catalogue, clock }: LocalPlatform, database: string, by: string): Promise<BackupRequest> {
  const taken = new Set((await catalogue.runs.list({ database })).filter(({ kind }) => kind === 'manual').map(({ slot }) => slot));
  let slot = Math.floor(clock.now().getTime() / 1000) * 1000;
  while (taken.has(new Date(slot).toISOString())) slot += 1000;
  return { database, slot: new Date(slot).toISOString(), kind: 'manual', requestedBy: by, again: false };
}

/** Runs the workflow and returns the backup that it made. Throws the error of a failed run. */
async function backUp(platform: LocalPlatform, request: BackupRequest, signal: AbortSignal): Promise<Backup> {
  const end = await runBackup(platform, request, signal);
  if (end.status !== 'SUCCEEDED') {
    const { name, message } = reasonOfFailure({ Error: end.error ?? '', Cause: end.cause ?? '' }, end.status);
    throw errorFrom(name, message);
  }
  const backup = await platform.catalogue.backups.get(end.name);
  if (!backup) throw errorFrom('UnexpectedError', `${end.name} succeeded but is not in the catalogue`);
  return backup;
}
