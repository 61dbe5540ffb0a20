/** Time that a schedule has for starting a slot, in milliseconds: EventBridge repeats a failed start for an hour. */
export const graceMs = 3_600_000;

/** Returns the instant of which a schedule's latest slot has had its hour: a younger slot says nothing yet. */
export function hourBefore(now: Date): Date {
  return new Date(now.getTime() - graceMs);
}

/** Returns true if a slot was due an hour ago or more, nothing has served it, and nothing is at work on it. */
export function isOverdue(at: Date, { now, run, served }: { now: Date; run: { status: string } | undefined; served: boolean }): boolean {
  return !served && run?.status !== 'running' && now.getTime() - at.getTime() > graceMs;
}
