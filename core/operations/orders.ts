import type { Backup } from '../catalogue/backups.ts';
import type { Run } from '../catalogue/runs.ts';
import type { With } from '../platform.ts';
import { hold, release, unretire } from './administer.ts';
import { listBackups, listRuns, type PlannedBackup, planned } from './list.ts';
import { databaseOf } from './open.ts';
import type { RotateOutput } from './rotate.ts';
import type { Rotation } from './rotation.ts';
import { type Shown, show } from './show.ts';

/** What an administrator can ask from afar. `backup` is an id, or a database's name for its newest good one; no `database` means all. */
export type Order =
  | { action: 'list'; database?: string | undefined; all: boolean }
  | { action: 'runs' | 'plan'; database?: string | undefined }
  | { action: 'show'; backup: string }
  | { action: 'hold'; backup: string; by: string; reason: string }
  | { action: 'release' | 'unretire'; backup: string; by: string }
  | { action: 'rotate'; database?: string | undefined; by: string };

export type Answer = Backup[] | Run[] | PlannedBackup[] | Shown | Backup | (RotateOutput & { database: string })[];

/** Carries out an order. What it answers is what the command of that name prints as JSON. */
export async function carryOut(platform: With<'vault' | 'catalogue'> & { rotation: Rotation }, order: Order): Promise<Answer> {
  switch (order.action) {
    case 'list':
      return listBackups(platform, order);
    case 'runs':
      return listRuns(platform, order);
    case 'plan':
      return planned(platform, order);
    case 'show':
      return show(platform, order);
    case 'hold':
      return hold(platform, order);
    case 'release':
      return release(platform, order);
    case 'unretire':
      return unretire(platform, order);
    case 'rotate':
      return rotateAll(platform, order);
  }
}

async function rotateAll(platform: With<never> & { rotation: Rotation }, { database, by }: { database?: string | undefined; by: string }) {
  if (database !== undefined) databaseOf(platform, database);
  const answers: (RotateOutput & { database: string })[] = [];
  for (const each of database === undefined ? Object.keys(platform.config.databases) : [database])
    answers.push({ database: each, ...(await platform.rotation.rotate({ database: each, by })) });
  return answers;
}
