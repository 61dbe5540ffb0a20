import { counted } from '../../figures.ts';
import type { Rehearsal } from './rehearsal.ts';

/** Says, after a rehearsal, which promise of a vault rests on what in this store. */
export function promisesOf({ can, lockDays }: Rehearsal): string[] {
  return [
    can.createsOnly
      ? 'a key is never overwritten: the store refuses it'
      : 'a key is never overwritten: the store refuses nothing, so each write is announced beside it and looks for others before and after',
    can.checksums
      ? 'the stored bytes are those that were sent: the store compares their checksum'
      : 'the stored bytes are those that were sent: the store compares no checksum, so each object is read back',
    can.versions
      ? 'a retired backup can be brought back: the bucket keeps versions, which its lifecycle rule must remove after the days of grace'
      : 'a retired backup can be brought back: the bucket keeps no versions, so it lies under .retired/ for the days of grace',
    can.aborts
      ? 'what an interrupted upload leaves is removed by the clean-up'
      : 'what an interrupted upload leaves is not shown by the store: set a rule there that removes unfinished uploads',
    can.unequalParts ? 'a dump may have 5 TiB' : 'a dump may have 625 GiB after compression: the store wants parts of equal size',
    lockDays === undefined
      ? 'whoever has these credentials can delete every backup: the bucket locks no objects'
      : `no version can be deleted for ${counted(lockDays, 'day')}: the bucket locks objects`,
  ];
}
