/** Limits of a stack on AWS, on which infrastructure and watch agree. Imports nothing. */
export const awsLimits = {
  /** Longest time of a function, in seconds (Lambda quotas). */
  functionSeconds: 900,
  /** Time of a dump or a proof on the larger compute, in minutes. */
  buildMinutes: 470,
  /** Disk of a function for proofs, in GiB. */
  functionScratchGib: 10,
  /**
   * Largest dump, in bytes before compression, whose proof begins in a function: restored, it is up to three times as
   * large.
   */
  functionProofBytes: 3_000_000_000,
  /**
   * Disk for proofs on the larger compute, in GiB: 128 GB less image and programs (CodeBuild user guide, "Build
   * environment compute modes and types").
   */
  buildScratchGib: 100,
} as const;
