import type { Author } from '../../catalogue/audit.ts';
import type { Backup, Ordered } from '../../catalogue/backups.ts';
import { errorFrom, reasonOf } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { type Failure, reasonOfFailure } from '../../workflow/execution.ts';

/** Hours after which an order whose end nobody has noted is over: its workflow ends within a day. */
const longestHours = 25;

/** Parts of a backup's record that hold its newest order of each kind. */
export type OrderNote = 'verifying' | 'restoring';

/** Returns true if the work on an order is known or sure to be over. */
export function isOver({ endedAt, startedAt }: Ordered, now: Date): boolean {
  return endedAt !== undefined || now.getTime() - Date.parse(startedAt) > longestHours * 3_600_000;
}

/** An order that was taken down. Whoever asks for the same while it lasts gets the same. */
export interface TakenDown {
  backup: string;
  /** Instant of the order. */
  at: string;
}

/**
 * Takes an order down in the record of its backup, unless one of its kind is under way: then returns that one as
 * `there`. Starting its execution again changes nothing, so whoever is gone before starting it holds nobody up.
 */
export async function takeDown<Note extends OrderNote>(
  { catalogue, clock }: With<'catalogue'>,
  {
    backup: { id: backup },
    note,
    author: { by, claimed },
    ...more
  }: { backup: Backup; note: Note; author: Author } & Omit<NonNullable<Backup[Note]>, keyof Ordered>,
): Promise<TakenDown & { there?: Backup[Note] }> {
  const now = clock.now();
  let [at, there]: [string, Backup[Note]] = ['', undefined];
  await catalogue.backups.change(backup, (record) => {
    const before = record[note];
    there = before && !isOver(before, now) ? before : undefined;
    if (there) {
      at = there.startedAt;
      return undefined;
    }
    // an order of the same second has ended already
    at = new Date(Math.max(Math.floor(now.getTime() / 1000) * 1000, before ? Date.parse(before.startedAt) + 1000 : 0)).toISOString();
    return { ...record, [note]: { by, claimed, startedAt: at, ...more } };
  });
  return { backup, at, ...(there && { there }) };
}

/** Returns true if the order of this instant is the newest, and its end was not noted. */
export function isUnderWay(ordered: Ordered | undefined, at: string): boolean {
  return ordered?.startedAt === at && ordered.endedAt === undefined;
}

/** Notes the end of an order, unless it was noted. */
export async function noteEnd(
  { catalogue, clock }: With<'catalogue'>,
  {
    backup,
    note,
    at,
    ...ended
  }: TakenDown & { note: OrderNote; error?: Ordered['error']; restored?: NonNullable<Backup['restoring']>['restored']; kept?: string },
): Promise<void> {
  await catalogue.backups.change(backup, (record) =>
    isUnderWay(record[note], at) ? { ...record, [note]: { ...record[note], endedAt: clock.now().toISOString(), ...ended } } : undefined,
  );
}

/** Explains the error that a workflow has caught, in our own words. */
export function explained(failure: Failure | null): ReturnType<typeof reasonOf> {
  const { name, message } = reasonOfFailure(failure ?? {});
  return reasonOf(errorFrom(name, message));
}
