import type { Scan } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { RefusedError } from '../../../errors.ts';
import { may } from '../dump/grants.ts';
import { familyOf, productOf } from '../family.ts';
import { contentsOf, isEmpty, nameIn, serverOf, type Target } from './target.ts';

export interface Circumstances {
  force: boolean;
  withoutDefiners: boolean;
  /** True if the backup's users and roles are made too. */
  withAccounts: boolean;
}

/** Rights on the database that statements of a dump need, by kind of object; every dump needs those of `TABLE`. */
const needed: Record<string, string[]> = {
  TABLE: ['SELECT', 'INSERT', 'CREATE', 'ALTER'],
  VIEW: ['CREATE VIEW', 'SHOW VIEW', 'DROP'],
  TRIGGER: ['TRIGGER'],
  EVENT: ['EVENT'],
  PROCEDURE: ['CREATE ROUTINE', 'ALTER ROUTINE'],
  FUNCTION: ['CREATE ROUTINE', 'ALTER ROUTINE'],
  PACKAGE: ['CREATE ROUTINE', 'ALTER ROUTINE'],
};

/** Rights any one of which lets a user make others the definers of objects. */
const namingOthers = ['SET_ANY_DEFINER', 'SET_USER_ID', 'SET USER', 'SUPER'];

/** Throws RefusedError with all obstacles to a restore, before anything was changed. */
export function checkTarget(target: Target, scan: Scan, { force, withoutDefiners, withAccounts }: Circumstances): void {
  const inTheWay = [
    ...otherProduct(target, scan),
    ...(force ? [] : olderServer(target, scan)),
    ...(isEmpty(target) || force
      ? []
      : [`the target is not empty: it has ${contentsOf(target)}. Name an empty database, or use --force to restore beside what is there`]),
    ...(force ? [...namesTaken(target, scan), ...othersTaken(target, scan)] : []),
    ...namesMerged(target, scan),
    ...packetTooSmall(target, scan),
    ...rightsMissing(target, scan),
    ...(withAccounts && !may(target.everywhere, 'CREATE USER')
      ? [`${target.user} may not make users and roles; give it that right (GRANT CREATE USER ON *.* TO …), or restore without --with-roles`]
      : []),
    ...(withoutDefiners ? [] : definersForbidden(target, scan)),
  ];
  if (inTheWay.length > 0) throw new RefusedError(inTheWay.join('. '));
}

function otherProduct(target: Target, { product }: Scan): string[] {
  const family = familyOf(product.name);
  if (family === target.family) return [];
  return [
    `the backup is of ${product.name} ${product.version} and the target is ${serverOf(target)}: neither reads all that the other writes. Name a database of ${productOf[family]}`,
  ];
}

/**
 * Refuses an older server: a statement that it does not know would stop the restore in the middle, and nothing is
 * undone then.
 */
function olderServer({ family, facts }: Target, { product }: Scan): string[] {
  const isOlder = familyOf(product.name) === family && Number.parseInt(facts.version, 10) < Number.parseInt(product.version, 10);
  return isOlder
    ? [
        `the backup is of ${product.name} ${product.version} and the target is older, ${facts.version}: the restore would stop at whatever that does not know. Name a database of a server as new as the source, or use --force to try`,
      ]
    : [];
}

function namesTaken({ tables, facts }: Target, scan: Scan): string[] {
  const canonicalName = nameIn({ facts });
  const there = new Set(tables.map(({ name }) => canonicalName(name)));
  const taken = [...scan.tables, ...scan.sequences].map(({ name }) => name).filter((name) => there.has(canonicalName(name)));
  return taken.length > 0
    ? [`the target has tables of the backup already: ${shortened(taken).join(', ')}. Name an empty database, or remove them there first`]
    : [];
}

/**
 * Finds names that are taken. A dump replaces views that are there. Objects of other kinds stop a restore in the
 * middle, and so does a table where a view has its name.
 */
function othersTaken({ tables, others, facts }: Target, { tables: wanted, sequences, mysql }: Scan): string[] {
  const key = (other: string) => keyOf(other, facts.lowerCaseTableNames === 0);
  const there = new Set([...tables.map(({ name }) => `VIEW ${name}`), ...others].map(key));
  const relations = new Set(others.map(key));
  const taken = [
    ...[...wanted, ...sequences].map(({ name }) => `VIEW ${name}`).filter((name) => relations.has(key(name))),
    ...(mysql?.others ?? []).filter((other) => there.has(key(other))),
  ];
  return taken.length > 0
    ? [`the target has names of the backup already: ${shortened(taken).join(', ')}. Name an empty database, or remove what has them there first`]
    : [];
}

/** Makes names comparable: routines and events ignore case everywhere, views and triggers where tables do. */
function keyOf(other: string, isCased: boolean): string {
  return isCased && /^(?:VIEW|TRIGGER) /.test(other) ? other : other.toLowerCase();
}

/** Finds tables that would become one, on a server that ignores the case of names. */
function namesMerged({ facts, database }: Target, scan: Scan): string[] {
  if (facts.lowerCaseTableNames === 0) return [];
  const seen = new Map<string, string>();
  const merged = scan.tables.flatMap(({ name }) => {
    const other = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), name);
    return other === undefined ? [] : [`${other} and ${name}`];
  });
  return merged.length > 0
    ? [`the server of ${database} does not tell the case of names apart (lower_case_table_names), so these would be one table: ${shortened(merged).join(', ')}`]
    : [];
}

/** Refuses a server that takes no statement as long as the dump's longest. */
function packetTooSmall({ longestPacket }: Target, { mysql }: Scan): string[] {
  const needed = mysql?.longestStatement ?? 0;
  return needed > longestPacket
    ? [`the backup has a statement of ${needed} bytes, and the server takes at most ${longestPacket}: SET GLOBAL max_allowed_packet = 1073741824 there`]
    : [];
}

function rightsMissing({ here, everywhere, database, user, distrusts }: Target, { objects }: Scan): string[] {
  const wanted = new Set(Object.entries(needed).flatMap(([kind, rights]) => (kind === 'TABLE' || objects[kind] ? rights : [])));
  const missing = [...wanted].filter((right) => !may(here, right));
  const logged = (objects.FUNCTION ?? 0) + (objects.TRIGGER ?? 0) > 0 && distrusts && !may(everywhere, 'SUPER');
  return [
    ...(missing.length > 0 ? [`${user} lacks rights on ${database}: ${missing.join(', ')}. As an administrator: GRANT ALL ON … TO …`] : []),
    ...(logged
      ? [
          `the backup has functions or triggers, and this server lets ${user} make none: set log_bin_trust_function_creators = 1 there, or restore as a user who has SUPER`,
        ]
      : []),
  ];
}

function definersForbidden({ user, everywhere }: Target, { mysql }: Scan): string[] {
  const others = (mysql?.definers ?? []).filter((definer) => definer !== user);
  if (others.length === 0 || namingOthers.some((right) => may(everywhere, right))) return [];
  return [
    `${user} may not make what belongs to ${shortened(others).join(', ')} (its definer). Restore as an administrator, or leave definers out with --no-owner: then everything belongs to ${user}`,
  ];
}

/** Non-blocking remarks. */
export function notesOn({ facts, database }: Target, { mysql, product }: Scan): string[] {
  if (!mysql) return [];
  const others =
    facts.collation === mysql.collation ? [] : [`new tables of ${database} will have ${facts.collation}; those of the source have ${mysql.collation}`];
  const version = facts.version === product.version ? [] : [`the backup is of ${product.name} ${product.version}, and this is ${facts.version}`];
  const leftOut = (mysql.leftOut ?? []).map(({ name, query }) => `the view ${name} is not in the backup; its query was: ${query}`);
  return [...others, ...version, ...leftOut];
}
