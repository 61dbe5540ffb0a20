import type { With } from '../../platform.ts';
import { explain } from '../../policy/retention.ts';
import { planRotation } from '../keeping/rotate.ts';

/** Decision of the next rotation on a backup, with its reason. */
export interface PlannedBackup {
  backup: string;
  slot: string;
  keep: boolean;
  reason: string;
}

export async function planned(platform: With<'catalogue'>, { database }: { database?: string | undefined }): Promise<PlannedBackup[]> {
  const names = database === undefined ? Object.keys(platform.config.databases) : [database];
  const plans = await Promise.all(names.map((name) => planRotation(platform, name)));
  return plans.flat().map(({ backup, keep, reason }) => ({
    backup: backup.id,
    slot: backup.slot,
    keep,
    reason: `${explain(reason)}${backup.stranger === undefined ? '' : ', counted apart: of another database'}`,
  }));
}
