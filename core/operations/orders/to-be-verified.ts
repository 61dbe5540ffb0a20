import type { Author } from '../../catalogue/audit.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { RefusedError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { findBackup } from './find-backup.ts';
import { auditingRefusals } from './refusals.ts';

export interface VerifyInput extends Author {
  backup: string;
}

/** Finds a backup that is to be proven. Throws UnknownNameError, and RefusedError, which is audited. */
export const toBeVerified = auditingRefusals('verify', async (platform: With<'catalogue'>, { backup }: VerifyInput): Promise<Backup> => {
  const found = await findBackup(platform, backup);
  if (found.status !== 'published') throw new RefusedError(`${found.id} is ${found.status}; only a published backup can be verified`);
  return found;
});
