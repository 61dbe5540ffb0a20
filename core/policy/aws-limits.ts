/** Limits of a stack on AWS, on which infrastructure and watch agree. Imports nothing. */
export const awsLimits = {
  /** Longest time of a function, in seconds (Lambda quotas): a proof has no more. */
  functionSeconds: 900,
  /** Time of a dump on the larger compute, in minutes. */
  buildMinutes: 470,
  /** Disk for proofs, in GiB. */
  proofScratchGib: 10,
} as const;
