import type { Scan } from '../../../documents/scan.ts';
import { RefusedError } from '../../../errors.ts';
import { sizeText } from '../../../figures.ts';
import { type LeftOut, neededRoles } from '../dump/needed-roles.ts';
import { extensionsMissing, schemasMissing, statementMaking } from './prerequisites.ts';
import type { Target } from './target.ts';
import { contentsOf, isEmpty } from './target.ts';

type Source = NonNullable<Scan['source']>;

export interface Circumstances {
  force: boolean;
  without: LeftOut;
  /** Free bytes, if known. */
  free: number | undefined;
}

/** Throws RefusedError with all obstacles to a restore, before anything was changed. */
export function checkTarget(target: Target, scan: Scan, { force, without, free }: Circumstances): void {
  const { source } = scan;
  const inTheWay = [
    ...(isEmpty(target) || force
      ? []
      : [`the target is not empty: it has ${contentsOf(target)}. Name an empty database, or use --force to restore beside what is there`]),
    ...rightsMissing(target, scan),
    ...(source
      ? [
          ...rolesMissing(target, source, without),
          ...extensionsInTheWay(target, source),
          ...locksMissing(target, source, force),
          ...spaceMissing(source, free, force),
        ]
      : []),
  ];
  if (inTheWay.length > 0) throw new RefusedError(inTheWay.join('. '));
}

function rightsMissing(target: Target, scan: Scan): string[] {
  const { user, isSuperuserLike, mayCreate, mayCreateInPublic } = target;
  const needsNoSchema = (scan.objects.SCHEMA ?? 0) + schemasMissing(target, scan).length === 0;
  if (isSuperuserLike || mayCreate || (mayCreateInPublic && needsNoSchema)) return [];
  return [`${user} may not make ${mayCreateInPublic ? 'schemas' : 'anything'} in the target; make that role its owner (ALTER DATABASE … OWNER TO …)`];
}

function rolesMissing({ user, isSuperuserLike, roles, assumable }: Target, source: Source, without: LeftOut): string[] {
  const needed = neededRoles(source, without);
  const none = needed.filter((role) => !roles.includes(role));
  const leaveOut = none.some((role) => !source.definitionRoles?.includes(role)) ? ', or leave out owners and grants with --no-owner' : '';
  const offered = source.globals && none.every((role) => source.globals?.roles.some(({ name }) => name === role)) ? ', or --with-roles' : '';
  const foreign = isSuperuserLike || without.owners ? [] : (source.owners ?? []).filter((role) => roles.includes(role) && !assumable.includes(role));
  return [
    ...(none.length > 0 ? [`the target has no role ${none.join(', ')}; make them first (CREATE ROLE …${offered})${leaveOut}`] : []),
    ...(foreign.length > 0
      ? [
          `${user} may not give objects to ${foreign.join(', ')}; restore as a superuser, make ${user} a member of these roles, or leave out owners and grants with --no-owner`,
        ]
      : []),
  ];
}

function extensionsInTheWay({ user, isSuperuserLike, mayCreate, extensions }: Target, source: Source): string[] {
  const wanted = source.extensions.map(({ name, schema }) => ({ name, schema, there: Object.hasOwn(extensions, name) ? extensions[name] : undefined }));
  const none = wanted.filter(({ there }) => !there);
  const forbidden = wanted.filter(({ there }) => there && there.schema === null && !isSuperuserLike && !(there.creatable && mayCreate));
  const elsewhere = wanted.filter(({ there, schema }) => there && there.schema !== null && there.schema !== schema);
  const listed = (some: { name: string }[]) => some.map(({ name }) => name).join(', ');
  return [
    ...(none.length > 0 ? [`the target's server has no extension ${listed(none)}; install them first`] : []),
    ...(forbidden.length > 0
      ? [`${user} may not make the extension ${listed(forbidden)}; have a superuser make it in the target first: ${forbidden.map(statementMaking).join(' ')}`]
      : []),
    ...elsewhere.map(({ name, schema, there }) => `the target has the extension ${name} in the schema ${there?.schema}, and the backup wants it in ${schema}`),
  ];
}

/** Compares the locks that one transaction needs with those that the server holds in all. */
function locksMissing({ locks }: Target, { locks: needed = 0 }: Source, force: boolean): string[] {
  if (needed <= locks.all || force) return [];
  const each = Math.ceil(needed / locks.sessions);
  return [
    `the restore makes ${needed} objects in one transaction, and the target's server has room for ${locks.all} locks; set max_locks_per_transaction = ${each} there and restart it (ALTER SYSTEM SET max_locks_per_transaction = ${each};)`,
  ];
}

/**
 * Compares the space needed with the space free. The need is known only roughly, because the source's size includes
 * dead rows. Hence --force.
 */
function spaceMissing({ size }: Source, free: number | undefined, force: boolean): string[] {
  if (size === undefined || free === undefined || size <= free || force) return [];
  return [
    `the source had ${sizeText(size)} on its disk, and where the target lies ${sizeText(free)} are free. Free space there, or use --force to try it all the same`,
  ];
}

/** Non-blocking remarks. */
export function notesOn(target: Target, scan: Scan): string[] {
  const made = schemasMissing(target, scan).map(
    (name) => `the schema ${name} was made for what is in it: the backup is of single tables and has no owner, grants or comment of it`,
  );
  const others = (scan.source?.extensions ?? []).flatMap(({ name, version }) => {
    const there = target.extensions[name]?.version;
    return there === undefined || version === '' || there === version ? [] : [`the extension ${name} is of version ${there}; in the source it was ${version}`];
  });
  const needed = extensionsMissing(target, scan).map(
    ({ name }) => `the extension ${name} was made, in case a table needs it: the backup is of chosen schemas or tables and has none`,
  );
  const elsewhere = (scan.source?.tablespaces ?? [])
    .filter((name) => !target.tablespaces.includes(name))
    .map((name) => `the target has no tablespace ${name}; what was in it lies where the database does`);
  return [...made, ...needed, ...others, ...elsewhere];
}
