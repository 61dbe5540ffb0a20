import { detailText } from '../../catalogue/audit-details.ts';
import { flawedProofOf } from '../../catalogue/backups.ts';
import type { DumpOutput } from '../../documents/dump-output.ts';
import { readManifest } from '../../documents/manifest.ts';
import { readScan } from '../../documents/scan.ts';
import { shortened } from '../../documents/shortened.ts';
import type { Restored } from '../../engines/engine.ts';
import { reasonOf } from '../../errors.ts';
import { noPlace, orderName, replacedName, runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { Failure } from '../../workflow/execution.ts';
import type { Executions } from '../../workflow/executions.ts';
import type { RestoreRequest } from '../../workflow/order-requests.ts';
import { engineOf } from '../backup/engine-of.ts';
import { dumpReplaced, notBackedUp, openReplaced, replacedBy } from './back-up-replaced.ts';
import { targetOf, toBeRestored } from './declared-target.ts';
import type { StoredBackup } from './published.ts';
import { restoreStored } from './restore.ts';
import { chosenIn, isPartial } from './restore-part.ts';
import { restorerFor } from './restorer-for.ts';
import { explained, isUnderWay, noteEnd } from './taken-down.ts';

/*
 * A restore into a declared target by a workflow of its own (`restore.asl.json`): what restores may record nothing, so
 * it is begun and ended apart from it.
 */

/** Port that starts the workflow. */
export type Restoring = With<never> & { restores: Executions<RestoreRequest> };

/** Starts the workflow of an order that was taken down. Idempotent. */
export async function startRestore({ restores, log }: Restoring, request: RestoreRequest): Promise<{ outcome: 'started' | 'exists' }> {
  const outcome = await restores.start(orderName(request.backup, new Date(request.at)), request);
  log.info(`${request.backup}: ${outcome === 'started' ? 'its restore was started' : 'its restore is under way'}`, { run: request.backup });
  return { outcome };
}

/** A stored backup to restore, as the workflow needs it. */
export interface BegunRestore extends StoredBackup {
  /** Place of the target. */
  place: string;
  restoreOn: 'function' | 'build';
  /** Run that backs up what the restore replaces; null if there is none. */
  replaced: string | null;
  replacedAs: string;
  reason: string;
}

/**
 * Begins a restore: finds the files of the backup, and where to restore it. Throws as `toBeRestored`, and as `restore`
 * for tables and schemas that the backup does not have.
 */
export async function beginRestore(
  platform: With<'vault' | 'catalogue'>,
  { at, backup, by, claimed, confirmed, execution, options, to }: RestoreRequest & { execution: string },
): Promise<BegunRestore> {
  const { found, target } = await toBeRestored(platform, { backup, by, claimed, confirmed, to });
  await platform.catalogue.backups.change(found.id, (record) => ({ ...record, restoring: { by, claimed, startedAt: at, to } }));
  const { place = noPlace } = target;
  // a part comes out of a scratch database, and a function has no program for that
  const isPart = isPartial(options);
  if (isPart) chosenIn(await readScan(platform.vault, (await readManifest(platform.vault, found.manifest)).scan), options);
  const begun = { manifest: found.manifest, proof: flawedProofOf(found), place, restoreOn: isPart ? 'build' : await restorerFor(platform, found) } as const;
  const replaced = backsUp(options) ? await openReplaced(platform, { backup: found, slot: new Date(at), execution: () => execution, by, claimed }) : undefined;
  return { ...begun, replaced: replaced?.id ?? null, replacedAs: replacedName(found.database), reason: replacedBy(found.id) };
}

/** Returns true if what the restore replaces is backed up first. */
function backsUp({ force = false, withoutBackup = false }: RestoreRequest['options']): boolean {
  return force && !withoutBackup;
}

/** Input of the step that dumps what is replaced. */
export interface ReplacedStep extends Pick<RestoreRequest, 'to'> {
  replaced: string;
}

/** Dumps what a declared target holds for the run `replaced`, and records nothing. Throws the errors of a dump. */
export async function dumpTarget(platform: Parameters<typeof restoreInto>[0], { replaced, to }: ReplacedStep, signal: AbortSignal): Promise<DumpOutput> {
  const target = targetOf(platform, to);
  const into = await engineOf(platform, target.engine).addressOf(target, (reference) => platform.reveal(reference));
  return dumpReplaced(platform, { run: replaced, engine: target.engine, into }, signal);
}

/** Largest number of notes of a restore, which are part of a workflow's state and of the backup's record. */
const mostNotes = 100;

/** Input of the step that restores. */
export interface RestoreStep extends StoredBackup, Pick<RestoreRequest, 'to' | 'confirmed' | 'options'> {
  backup: string;
}

/**
 * Restores a stored backup into a declared target, whose secret it alone reads. Records nothing. Throws as `restore`;
 * RefusedError if the backup is of another database or engine than was asked for.
 */
export async function restoreInto(
  platform: With<'vault' | 'tools' | 'reveal' | 'scratch' | 'engines'>,
  { backup, confirmed, manifest, options: { withoutFlawed = false, force = false, withoutBackup: _, ...options }, proof, to }: RestoreStep,
  signal: AbortSignal,
): Promise<Restored> {
  const target = targetOf(platform, to);
  const into = await engineOf(platform, target.engine).addressOf(target, (reference) => platform.reveal(reference));
  const restored = await restoreStored(
    platform,
    {
      manifest,
      proof,
      of: { id: backup, database: confirmed, engine: target.engine },
      ...options,
      into,
      force,
      ...(withoutFlawed && { tolerant: true }),
      accept: async () => withoutFlawed,
    },
    signal,
  );
  return { ...restored, notes: shortened(restored.notes, mostNotes) };
}

export interface EndedRestore extends RestoreRequest {
  restored: Restored | null;
  /** Error because of which nothing, or not everything, was restored. */
  failure: Failure | null;
}

/**
 * Ends a restore: writes who restored what into the audit log, or who was refused. Idempotent: both the workflow and
 * the rule on its failed executions call it.
 */
export async function endRestore(
  platform: With<'catalogue'>,
  { at, backup, by, claimed, failure, options, restored, to }: EndedRestore,
): Promise<{ recorded: boolean }> {
  const { catalogue, clock, log } = platform;
  const found = await catalogue.backups.get(backup);
  if (!found || !isUnderWay(found.restoring, at)) return { recorded: false };
  const replaced = backsUp(options) ? await catalogue.runs.get(runId(replacedName(found.database), new Date(at), 'manual')) : undefined;
  const audited = { at: clock.now().toISOString(), by, claimed, subject: backup };
  if (restored) {
    await catalogue.audit.append({ ...audited, action: 'restored', detail: `${to}: ${restored.into}` });
    await noteEnd(platform, { backup, at, note: 'restoring', restored, ...(replaced && { kept: replaced.id }) });
    return { recorded: true };
  }
  const reason = explained(failure);
  if (replaced) await catalogue.runs.end(replaced, { status: 'failed', error: reason }, clock.now()); // unless it has succeeded
  const error = replaced?.status === 'running' ? reasonOf(notBackedUp(reason.message)) : reason;
  log.error(`${backup}: could not be restored into ${to}: ${error.message}`, { run: backup, error: error.name });
  if (error.name === 'RefusedError' || error.name === 'BackupFlawedError')
    await catalogue.audit.append({ ...audited, action: 'refused', detail: detailText({ about: 'refusal', order: 'restore', message: error.message }) });
  await noteEnd(platform, { backup, at, note: 'restoring', error });
  return { recorded: true };
}
