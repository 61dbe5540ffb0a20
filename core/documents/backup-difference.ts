import { cardOf } from '../engines/cards.ts';
import type { Scan } from './scan.ts';

/** Names that only the later scan has, that only the earlier one has, and that both have with other contents. */
export interface NameDifference {
  come: string[];
  gone: string[];
  changed: string[];
}

/** Differences between what two backups hold. */
export interface ScanDifference {
  /** Tables; `rows` are their numbers of rows, and `changed` are those whose rows differ though they are as many. */
  tables: {
    come: { name: string; rows: number }[];
    gone: { name: string; rows: number }[];
    changed: { name: string; rows: number; before: number }[];
    /** Number of tables with the same rows in the same order. */
    same: number;
  };
  /** Sequences, by their values. */
  sequences: NameDifference;
  /** Definitions by kind and name; missing if a scan has none, or if the servers are of different versions. */
  definitions?: NameDifference;
  /** Reason for which definitions were not compared. */
  notCompared?: string;
  /** Numbers of other objects that differ, by kind. */
  objects: { kind: string; before: number; after: number }[];
}

/** Compares two scans of one engine, the earlier one first. */
export function scanDifference(before: Scan, after: Scan): ScanDifference {
  const then = new Map(before.tables.map((table) => [table.name, table]));
  const now = new Set(after.tables.map(({ name }) => name));
  const changed = after.tables.flatMap(({ name, rows, sha256 }) => {
    const old = then.get(name);
    return !old || (old.rows === rows && old.sha256 === sha256) ? [] : [{ name, rows, before: old.rows }];
  });
  const come = after.tables.filter(({ name }) => !then.has(name)).map(({ name, rows }) => ({ name, rows }));
  const gone = before.tables.filter(({ name }) => !now.has(name)).map(({ name, rows }) => ({ name, rows }));
  const kinds = [...new Set([...Object.keys(before.objects), ...Object.keys(after.objects)])].sort();
  return {
    tables: { come, gone, changed, same: after.tables.length - come.length - changed.length },
    sequences: nameDifference(sequencesOf(before), sequencesOf(after)),
    ...definitionsBetween(before, after),
    objects: kinds.map((kind) => ({ kind, before: before.objects[kind] ?? 0, after: after.objects[kind] ?? 0 })).filter((each) => each.before !== each.after),
  };
}

function sequencesOf({ sequences }: Scan): Record<string, string> {
  return Object.fromEntries(sequences.map(({ name, value, called }) => [name, `${value} ${called}`]));
}

/** Servers of different versions describe the same object in other words. */
function definitionsBetween(before: Scan, after: Scan): Pick<ScanDifference, 'definitions' | 'notCompared'> {
  const [old, present] = [definitionsOf(before), definitionsOf(after)];
  if (!old || !present) return { notCompared: 'no digests of definitions are in both scans' };
  const [then, now] = [before, after].map(({ product: { name, version } }) => `${name} ${version}`);
  if (then !== now) return { notCompared: `the servers were ${then} and ${now}, which describe objects in other words` };
  return { definitions: nameDifference(old, present) };
}

function definitionsOf(scan: Scan): Readonly<Record<string, string>> | undefined {
  const card = cardOf(scan.engine);
  return 'definitions' in card ? card.definitions(scan) : undefined;
}

function nameDifference(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): NameDifference {
  const [then, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return {
    come: [...now.keys()].filter((name) => !then.has(name)).sort(),
    gone: [...then.keys()].filter((name) => !now.has(name)).sort(),
    changed: [...now].flatMap(([name, digest]) => (then.has(name) && then.get(name) !== digest ? [name] : [])).sort(),
  };
}
