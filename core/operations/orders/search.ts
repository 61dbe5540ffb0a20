import type { Author } from '../../catalogue/audit.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { positionOf } from '../../catalogue/order.ts';
import { type Page, type Paging, usualLimit } from '../../catalogue/page.ts';
import type { Run } from '../../catalogue/runs.ts';
import type { Verdict } from '../../documents/proof.ts';
import type { Kind } from '../../names.ts';
import type { With } from '../../platform.ts';

/** Selection of backups. A field that is left out selects all. */
export interface SearchInput extends Paging {
  database?: string | undefined;
  status?: Backup['status'] | undefined;
  verdict?: Verdict | undefined;
  kind?: Kind | undefined;
  held?: boolean | undefined;
  /** Slots from this instant on, and before that one; ISO 8601. */
  from?: string | undefined;
  until?: string | undefined;
  /** Part of the id, in any case. */
  text?: string | undefined;
}

/** Backup with who asked for it, if its run is known. */
export type FoundBackup = Backup & { asked?: Author };

/** Largest number of records that one answer looks at; a selection with few hits goes on in the next part. */
const mostLooked = 2000;
/** Size of the parts in which they are read. */
const partSize = 500;

/**
 * Finds backups, newest slot first. A part may have fewer items than its limit, or none, though the list goes on. It
 * looks at 2,000 records at most, so that it answers at once however many there are.
 */
export async function searchBackups(platform: With<'catalogue'>, input: SearchInput): Promise<Page<FoundBackup>> {
  const { items, ...rest } = await found(platform, input);
  const asked = await Promise.all(items.map(({ id }) => platform.catalogue.runs.get(id)));
  return { items: items.map((backup, place) => ({ ...backup, ...authorOf(asked[place]) })), ...rest };
}

function authorOf(run: Run | undefined): { asked?: Author } {
  return run ? { asked: { by: run.requestedBy, claimed: run.claimed } } : {};
}

async function found({ catalogue }: With<'catalogue'>, { after, limit = usualLimit, ...wanted }: SearchInput): Promise<Page<Backup>> {
  const { database, from, until } = wanted;
  const items: Backup[] = [];
  const selects = [wanted.status, wanted.verdict, wanted.kind, wanted.held, wanted.text].some((each) => each !== undefined);
  let looked = 0;
  let position = after ?? (until === undefined ? undefined : before(until));
  do {
    const part: Page<Backup> = await catalogue.backups.list({ database, after: position, limit: selects ? partSize : limit });
    for (const [place, backup] of part.items.entries()) {
      if (from !== undefined && Date.parse(backup.slot) < Date.parse(from)) return { items };
      if (matches(backup, wanted)) items.push(backup);
      const isLast = place === part.items.length - 1 && part.next === undefined;
      if (items.length === limit) return { items, ...(!isLast && { next: positionOf(backup) }) };
    }
    looked += part.items.length;
    position = part.next;
  } while (position !== undefined && looked < mostLooked);
  return { items, ...(position !== undefined && { next: position }) };
}

/** Makes the position that is before all backups with a slot earlier than `instant`: ids begin with a letter. */
function before(instant: string): string {
  return positionOf({ slot: new Date(instant).toISOString(), id: '-' });
}

function matches(backup: Backup, { status, verdict, kind, held, until, text }: SearchInput): boolean {
  return (
    (status === undefined || backup.status === status) &&
    (verdict === undefined || backup.proof.verdict === verdict) &&
    (kind === undefined || backup.kind === kind) &&
    (held === undefined || (backup.hold !== undefined) === held) &&
    (until === undefined || Date.parse(backup.slot) < Date.parse(until)) &&
    (text === undefined || backup.id.toLowerCase().includes(text.toLowerCase()))
  );
}
