import { storeDocument } from '../../bytes/stored.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { readManifest } from '../../documents/manifest.ts';
import { isBehind, isSameSource, type KnownIdentity, readIdentities, type SourceIdentity, writeIdentity } from '../../documents/source-identity.ts';
import { DocumentInvalidError, ObjectExistsError, ObjectMissingError } from '../../errors.ts';
import { identityKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import { endIncident, openIncident } from './incident.ts';

/** Number of newest records among which the last backup of the database itself is looked for. */
const recentRecords = 40;

type Reading = Pick<With<'vault'>, 'vault' | 'log'>;

/** Returns true if backups of this identity may count with the others of the database. The first one always may. */
export async function isKnown({ vault, log }: Reading, database: string, identity: SourceIdentity): Promise<boolean> {
  return isAmong((await readIdentities(vault, database, log)).known, identity);
}

/**
 * Returns the identity of a source that is in an older state than the last backup of it, such as a server that was
 * started from a snapshot, as that of another database; any other identity as it is.
 */
export async function unlessSetBack({ catalogue, vault }: With<'catalogue' | 'vault'>, database: string, identity: SourceIdentity): Promise<SourceIdentity> {
  const { items } = await catalogue.backups.list({ database, limit: recentRecords });
  const own = items.find(({ status, stranger }) => status === 'published' && stranger === undefined);
  if (!own || !identity.position) return identity;
  try {
    const { identity: before } = await readManifest(vault, own.manifest);
    const isSame = before?.mark === identity.mark || before?.mark.startsWith(`${identity.mark}, in an older state`);
    if (!before || !isSame || !isBehind(identity, before)) return identity;
    return { mark: `${identity.mark}, in an older state than in the backup ${own.id}`, position: identity.position };
  } catch (error) {
    if (error instanceof ObjectMissingError || error instanceof DocumentInvalidError) return identity; // others tell it
    throw error;
  }
}

/** Says what has changed if the name leads to another database than before; undefined if it does not. */
export async function changeOf({ vault, log }: Reading, database: string, identity: SourceIdentity): Promise<string | undefined> {
  const { known } = await readIdentities(vault, database, log);
  if (isAmong(known, identity)) return undefined;
  return `the name ${database} leads to another database than before: it was ${known.at(-1)?.mark}, and is now ${identity.mark}`;
}

function isAmong(known: readonly SourceIdentity[], identity: SourceIdentity): boolean {
  return known.length === 0 || known.some((each) => isSameSource(each, identity));
}

/** Notes the first identity of a database, and the new mark of one that is known by its other signs. Idempotent. */
export async function claimIdentity(platform: With<'vault'>, database: string, identity: SourceIdentity): Promise<void> {
  const { number, known } = await readIdentities(platform.vault, database, platform.log);
  if (isAmong(known, identity) && !known.some(({ mark }) => mark === identity.mark)) await note(platform, database, identity, number + 1);
}

/** Lets backups of this identity count with the others. Takes effect at the next rotation. Idempotent. */
export async function acceptIdentity(platform: With<'vault'>, database: string, identity: SourceIdentity, by: string): Promise<void> {
  const { number, known } = await readIdentities(platform.vault, database, platform.log);
  if (!known.some(({ mark }) => mark === identity.mark)) await note(platform, database, identity, number + 1, by);
}

async function note({ clock, vault }: With<'vault'>, database: string, { mark, also }: SourceIdentity, number: number, acceptedBy?: string): Promise<void> {
  const since = clock.now().toISOString();
  const identity: KnownIdentity = {
    format: 'sauvegarde-source-identity',
    version: 1,
    mark,
    ...(also && { also }),
    since,
    ...(acceptedBy !== undefined && { acceptedBy }),
  };
  try {
    await storeDocument(vault, identityKey(database, number), writeIdentity(identity));
  } catch (error) {
    if (!(error instanceof ObjectExistsError)) throw error; // another run was faster; the next one looks again
  }
}

/** Opens the incident of a name that leads to another database than before, or adds to the open one. */
export async function reportChange(
  platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>,
  { id, database, identity }: { id: string; database: string; identity?: SourceIdentity | undefined },
): Promise<void> {
  const change = identity && (await changeOf(platform, database, identity));
  if (change === undefined) return;
  await openIncident(platform, { database, kind: 'source-changed', subject: id, error: { name: 'SourceChangedError', message: change } });
}

/**
 * Lets the backups of identities that were accepted meanwhile count with the others; `backups` are those of the
 * database, newest first. Ends the incident of another database under the name once the newest backup is none of its.
 */
export async function settleIdentities(
  platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>,
  database: string,
  backups: readonly Backup[],
): Promise<void> {
  const { catalogue, log, vault } = platform;
  const strangers = backups.filter(({ stranger }) => stranger !== undefined);
  const { known } = strangers.length > 0 ? await readIdentities(vault, database, log) : { known: [] };
  const accepted = new Set(known.map(({ mark }) => mark));
  for (const { id, stranger = '' } of strangers) if (accepted.has(stranger)) await catalogue.backups.change(id, ({ stranger: _, ...backup }) => backup);
  const newest = backups.find(({ status }) => status === 'published');
  if (newest?.stranger === undefined || accepted.has(newest.stranger)) await endIncident(platform, database, 'source-changed');
}
