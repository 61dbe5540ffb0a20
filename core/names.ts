/**
 * Names on which code, vault and infrastructure must agree. Imports nothing.
 * A stamp is a UTC instant to the second, `20261122_050000Z`: it sorts by time and is safe in file names, S3 keys and
 * Step Functions execution names.
 */

export type Kind = 'scheduled' | 'manual';
export type Compression = 'zstd' | 'gzip' | 'none';

/**
 * Name of a database: safe as a folder, a key prefix and a part of an execution name (40 + 1 + 16 + 7 of the 80
 * characters that Step Functions allows).
 */
export const databaseName = /^[a-z][a-z0-9-]{0,39}$/;

/** Ending of the names under which databases are backed up that a restore replaces. */
const replacedSuffix = '-replaced';

/**
 * Returns the name under which replaced databases of this name are backed up. It is not the database's own, whose
 * newest backup must not be what somebody wanted to get rid of.
 */
export function replacedName(database: string): string {
  return `${database.replace(/-replaced$/, '').slice(0, 40 - replacedSuffix.length)}${replacedSuffix}`;
}

/** Returns true for a name under which replaced databases are backed up. A configured database may have one too. */
export function isReplacedName(database: string): boolean {
  return database.endsWith(replacedSuffix);
}

/** Key, in the vault's root, of the file that explains a restore without Sauvegarde. */
export const howToRestoreKey = 'HOW-TO-RESTORE.md';

const suffixOf: Record<Compression, string> = { zstd: '.zst', gzip: '.gz', none: '' };
/** Ending of a file that is encrypted as age does. */
export const encryptedSuffix = '.age';

/** Formats an instant: `2026-11-22T05:00:00.000Z` → `20261122_050000Z`. */
export function stampOf(instant: Date): string {
  const iso = instant.toISOString();
  const [day, time] = [iso.slice(0, -14).replaceAll('-', ''), iso.slice(-13, -5).replaceAll(':', '')];
  return `${day}_${time}Z`;
}

/** Parses a stamp: `20261122_050000Z`. Throws RangeError for any other text. */
export function instantOf(stamp: string): Date {
  const parts = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  const instant = new Date(parts ? `${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}Z` : Number.NaN);
  if (Number.isNaN(instant.getTime()) || stampOf(instant) !== stamp) throw new RangeError(`not a stamp: ${stamp}`);
  return instant;
}

/**
 * Makes the id that a run, its execution and its backup share: `main-20261122_050000Z`, `main-20261122_101500Z_manual`.
 * Names hold no `_`, so an id reads one way only.
 */
export function runId(database: string, slot: Date, kind: Kind): string {
  return `${database}-${stampOf(slot)}${kind === 'manual' ? '_manual' : ''}`;
}

/**
 * Names the execution of a run. Repeats of a failed one at `again` have names of their own: Step Functions uses a name
 * once, and allows 80 characters.
 */
export function executionName(run: string, again?: Date): string {
  return again ? `${run}_${stampOf(again)}` : run;
}

/**
 * Names the execution of an order on a backup: `main-20261122_050000Z_20261201093000`. A run's id has 64 characters at
 * most, of the 80 that Step Functions allows.
 */
export function orderName(backup: string, at: Date): string {
  return `${backup}_${stampOf(at).replace(/\D/g, '')}`;
}

/** Splits a run's id into its parts; undefined if the text is no id. */
export function partsOfRunId(id: string): { database: string; slot: Date; kind: Kind } | undefined {
  const parts = /^([a-z][a-z0-9-]{0,39})-(\d{8}_\d{6}Z)(_manual)?$/.exec(id);
  if (!parts?.[1] || !parts[2]) return undefined;
  try {
    return { database: parts[1], slot: instantOf(parts[2]), kind: parts[3] ? 'manual' : 'scheduled' };
  } catch {
    return undefined; // digits that are no date
  }
}

/** Makes the beginning of all keys of a run: `main/2026/11/backup_20261122_050000Z`. */
export function stemOf(database: string, slot: Date, kind: Kind): string {
  const stamp = stampOf(slot);
  return `${database}/${stamp.slice(0, 4)}/${stamp.slice(4, 6)}/${kind === 'manual' ? 'manual_' : ''}backup_${stamp}`;
}

/** Returns the id of the run that a key belongs to; undefined if it belongs to none. */
export function runIdOfKey(key: string): string | undefined {
  const pieces = /^([a-z0-9-]+)\/\d{4}\/\d\d\/(manual_)?backup_(\d{8}_\d{6}Z)\.[^/]+$/.exec(key);
  const id = `${pieces?.[1]}-${pieces?.[3]}${pieces?.[2] ? '_manual' : ''}`;
  const parts = partsOfRunId(id);
  return parts && key.startsWith(`${stemOf(parts.database, parts.slot, parts.kind)}.`) ? id : undefined;
}

/** Makes the beginning of an attempt's keys. A later attempt has its own, so nothing is ever overwritten. */
function attemptStem(stem: string, attempt: number): string {
  return attempt === 1 ? stem : `${stem}.${attempt}`;
}

/** Makes a dump's key. `extension` is the one on the engine's card. */
export function dumpKey(stem: string, attempt: number, extension: string, compression: Compression, encrypted = false): string {
  return `${attemptStem(stem, attempt)}.${endingOf(extension, compression, encrypted)}`;
}

function endingOf(extension: string, compression: Compression, encrypted: boolean): string {
  return `${extension}${suffixOf[compression]}${encrypted ? encryptedSuffix : ''}`;
}

export function scanKey(stem: string, attempt: number): string {
  return `${attemptStem(stem, attempt)}.scan.json`;
}

/** Makes the key of the proof at publication, or of one made on demand at `at`. */
export function proofKey(stem: string, at?: Date): string {
  return at ? `${stem}.proof-${stampOf(at)}.json` : `${stem}.proof.json`;
}

/** Makes the beginning of the keys of the orders to hold a backup or to release it. */
const holdPrefix = (stem: string) => `${stem}.hold-`;

/** Makes the key of such an order, counted from 1. */
export function holdKey(stem: string, number: number): string {
  return `${holdPrefix(stem)}${String(number).padStart(6, '0')}.json`;
}

/** Returns the number of an order to hold or to release in its key; 0 for any other key. */
export function holdNumber(key: string): number {
  return Number(/\.hold-(\d{6})\.json$/.exec(key)?.[1] ?? 0);
}

const manifestSuffix = '.manifest.json';

/** Returns the beginning of all keys of the backup with this manifest. */
export function stemOfManifestKey(key: string): string {
  return key.slice(0, -manifestSuffix.length);
}

export function manifestKey(stem: string): string {
  return `${stem}${manifestSuffix}`;
}

/** Patterns of IAM, in which `*` stands for anything, for the keys of each kind of object. */
export const keyPatterns = {
  dump: (extension: string, compression: Compression, encrypted = false) => `*.${endingOf(extension, compression, encrypted)}`,
  scan: '*.scan.json',
  proof: '*.proof.json',
  hold: '*.hold-*.json',
  laterProof: '*.proof-*.json',
  manifest: `*${manifestSuffix}`,
};

export function isManifestKey(key: string): boolean {
  return key.endsWith(manifestSuffix);
}

/** Beginning of the keys of the audit log's heads. */
export const headsPrefix = 'audit-heads/';

/** Beginning of the keys of the vault's owners, each of which took the vault over from the one before. */
export const ownersPrefix = 'vault-owners/';

/** Makes the key of an owner, counted from 1. */
export function ownerKey(number: number): string {
  return `${ownersPrefix}${String(number).padStart(6, '0')}.json`;
}

/** Beginning of the keys of the identities of all databases. */
export const identitiesRoot = 'source-identities/';

/** Makes the beginning of the keys of a database's identities. */
export function identitiesPrefix(database: string): string {
  return `${identitiesRoot}${database}/`;
}

/** Makes the key of a database's identity, counted from 1. */
export function identityKey(database: string, number: number): string {
  return `${identitiesPrefix(database)}${String(number).padStart(6, '0')}.json`;
}

/** Makes the key of the head at an instant. It is no run's key, whatever a database is called. */
export function headKey(at: Date): string {
  const stamp = stampOf(at);
  return `${headsPrefix}${stamp.slice(0, 4)}/${stamp.slice(4, 6)}/head_${stamp}.json`;
}

/** Returns the name of a function's output of a stack: `prove` → `ProveFunction`. */
export function outputOf<Name extends string>(name: Name): `${Capitalize<Name>}Function` {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}Function` as `${Capitalize<Name>}Function`;
}

/** Group of the user pool's administrators, for the infrastructure that makes it and the console that asks for it. */
export const cognitoGroup = 'administrators';

/** Variable by which a build hands on the outcome of a proof or of a check. */
export const outcomeVariable = 'SAUVEGARDE_OUTCOME';

/** Makes what stands, in a bundled configuration, for a value that only the deployment knows, by its number. */
export function standInFor(number: number, kind: 'text' | 'number' = 'text'): string {
  return `{{${kind === 'number' ? '#' : ''}${number}}}`;
}

/** Stand-ins in a text: whether a whole number is meant, and the number of the value. */
export const standIns = /\{\{(#?)(\d+)\}\}/g;

/** Key, in the workflow, of databases that have no place of their own. */
export const noPlace = '-';
