/** State of an object in the copy that its bucket makes of it: `none` where the bucket makes no copy of this object. */
export type Replicated = 'copied' | 'pending' | 'failed' | 'none';

/** Copies of objects in another bucket, which the store itself makes. */
export interface Replication {
  /** Name of the place, for people. */
  readonly place: string;
  /** Returns the state of an object's copy. Retryable. Throws ObjectMissingError if the vault lacks the object. */
  stateOf(key: string): Promise<Replicated>;
}
