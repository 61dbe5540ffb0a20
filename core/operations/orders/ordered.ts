import type { Author } from '../../catalogue/audit.ts';
import type { Backup, Ordered } from '../../catalogue/backups.ts';
import type { With } from '../../platform.ts';

/** Hours after which an order whose end nobody has noted is over: its workflow ends within a day. */
const longestHours = 25;

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
 * Takes an order down in the record of its backup, unless the same is under way. Starting its execution again changes
 * nothing, so whoever is gone before starting it holds nobody up.
 */
export async function takeDown({ catalogue, clock }: With<'catalogue'>, backup: Backup, { by, claimed }: Author): Promise<TakenDown> {
  const now = clock.now();
  let at = '';
  await catalogue.backups.change(backup.id, (record) => {
    const { verifying: before } = record;
    at = before?.startedAt ?? '';
    if (before && !isOver(before, now)) return undefined;
    // an order of the same second has ended already
    at = new Date(Math.max(Math.floor(now.getTime() / 1000) * 1000, before ? Date.parse(before.startedAt) + 1000 : 0)).toISOString();
    return { ...record, verifying: { by, claimed, startedAt: at } };
  });
  return { backup: backup.id, at };
}
