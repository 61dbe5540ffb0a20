import type { Author } from '../core/catalogue/audit.ts';
import type { Backup } from '../core/catalogue/backups.ts';
import { counted, sizeText } from '../core/figures.ts';
import { beside, duration, wrapped } from './output.ts';

/** Describes a backup: its place, its size, its duration, and its proof. */
export function describeBackup(backup: Backup, locate: (key: string) => string): string {
  return [
    wrapped(
      `${backup.id}: backed up ${sizeText(backup.bytes)} (${counted(backup.tables, 'table')}, ${counted(backup.rows, 'row')}) in ${duration(backup.seconds)}`,
      2,
    ),
    beside('  stored', `${locate(backup.objects.dump)} (${sizeText(backup.size)})`, 11),
    beside('  proof', proofOf(backup), 11),
  ].join('\n');
}

/** Names an author, and says if the home has only the author's word. */
export function authorOf({ by, claimed }: Author): string {
  return claimed ? `${by} (claimed)` : by;
}

export function proofOf({ id, proof }: Backup): string {
  const took = proof.seconds === undefined ? '' : ` in ${duration(proof.seconds)}`;
  switch (proof.verdict) {
    case 'proven':
      return `proven: restored and compared${took}`;
    case 'partial':
      return `partial: restored and compared${took}, but not everything could be checked ("sauvegarde show ${id}" lists the rest)`;
    case 'flawed':
      return `flawed: every row came back${took}, but something beside the rows is broken in the source ("sauvegarde show ${id}" says what, and how to mend it)`;
    case 'refuted':
      return 'refuted: it cannot be restored';
    case 'none':
      return 'none: it was not due, or could not be made';
  }
}

/** Meaning of a proof whose basis is `before-encryption`. */
export const basisMeaning =
  'restored from the bytes before their encryption; the stored file has the checksum of what was encrypted, and was not opened: no identity is known here';
