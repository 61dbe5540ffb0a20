import type { Backup } from '../../catalogue/backups.ts';
import type { Judgement } from './judgement.ts';

/**
 * All that the vault and the audit log tell of a backup: everything of a published one, status and instant of a retired
 * one.
 */
export type Truth = Backup | (Pick<Backup, 'status' | 'retiredAt'> & { status: 'retired' });

/**
 * Field of a record that contradicts the manifest, the order beside it to hold the backup or to release it, or the
 * audit log where a retired backup has no manifest.
 */
export interface Alteration {
  backup: string;
  field: string;
  record: string;
  truth: string;
  source: 'manifest' | 'order' | 'audit';
}

/** Fields that change without the manifest: a stranger's mark goes once somebody accepts it, and a hold has orders. */
const ownFields = ['hold', 'stranger'];

/**
 * Compares a record with the truth. A published backup may be missing in its record: its files went, and came back, and
 * the next rotation counts it again.
 */
export function alterationsOf(record: Backup, truth: Truth): Alteration[] {
  return [...alteredFields(record, truth), ...alteredHold(record, truth)];
}

/**
 * Compares holds. Without any order in the vault the record is right: it is held since before holds lay there, and the
 * clean-up will write the order.
 */
function alteredHold(record: Backup, truth: Truth): Alteration[] {
  if (!hasOrders(truth)) return [];
  const [said, ordered] = [holdIn(record), holdIn(truth)];
  return said === ordered ? [] : [{ backup: record.id, field: 'hold', record: said, truth: ordered, source: 'order' }];
}

/** Returns true if the vault says whether the backup is held. */
export function hasOrders(truth: Truth): truth is Backup {
  return 'manifest' in truth && (truth.objects.holds ?? []).length > 0;
}

function holdIn({ hold }: Pick<Backup, 'hold'>): string {
  return hold ? `${hold.by}, ${hold.since}, ${hold.reason}` : '';
}

function alteredFields(record: Backup, truth: Truth): Alteration[] {
  if (Object.entries(truth).every(([name, value]) => ownFields.includes(name) || isEqual(value, record[name as keyof Backup]))) return [];
  const said = fieldsOf(record);
  const source = 'manifest' in truth ? 'manifest' : 'audit';
  return [...fieldsOf(truth)]
    .filter(([field, text]) => said.get(field) !== text && !(field === 'status' && record.status === 'missing' && source === 'manifest'))
    .map(([field, text]) => ({ backup: record.id, field, record: said.get(field) ?? '', truth: text, source }));
}

/** Judges the records that were compared; undefined if they could not be. */
export function judgeRecords(altered: readonly Alteration[] | undefined): Judgement {
  const [first] = altered ?? [];
  if (!altered || !first) return altered && false;
  return { ...first, more: altered.length - 1, backups: [...new Set(altered.map(({ backup }) => backup))].join(' ') };
}

/** Compares two fields at once: nearly all records are as they should be. */
function isEqual(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other));
}

/** Writes the fields of a record as texts, by their paths: `objects.dump`. */
function fieldsOf(record: object): Map<string, string> {
  return new Map(
    Object.entries(record)
      .filter(([name, value]) => !ownFields.includes(name) && value !== undefined)
      .flatMap(([name, value]): [string, string][] =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? [...fieldsOf(value)].map(([inner, text]) => [`${name}.${inner}`, text])
          : [[name, Array.isArray(value) ? value.join(', ') : String(value)]],
      ),
  );
}
