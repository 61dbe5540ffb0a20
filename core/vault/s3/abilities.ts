/** Abilities in which stores differ that call themselves S3-compatible. */
export interface Abilities {
  /** Refuses in one step to write to a taken key (`If-None-Match: *`), in one request and in parts. */
  createsOnly: boolean;
  /** The same for a copy. */
  copiesOnly: boolean;
  /** Refuses bytes with another CRC-32 than was announced for the whole object, and reports it afterwards. */
  checksums: boolean;
  /** Keeps versions, from which a deleted object comes back. */
  versions: boolean;
  /** Takes parts of different sizes. R2 wants all but the last to be equal. */
  unequalParts: boolean;
  /** Lists and aborts unfinished uploads. */
  aborts: boolean;
}

/** Abilities of Amazon S3, with a bucket that keeps versions. */
export const ofAmazon: Abilities = { createsOnly: true, copiesOnly: true, checksums: true, versions: true, unequalParts: true, aborts: true };
