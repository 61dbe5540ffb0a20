const keptMilliseconds = 60_000;

/** Values by their keys, each of which is forgotten after a minute: answers of the machine, which may change. */
export class KeptAMinute<Value> {
  readonly #kept = new Map<string, { value: Value; until: number }>();

  /** Returns the value that was set within the last minute. */
  get(key: string): Value | undefined {
    const kept = this.#kept.get(key);
    return kept && performance.now() < kept.until ? kept.value : undefined;
  }

  set(key: string, value: Value): void {
    this.#kept.set(key, { value, until: performance.now() + keptMilliseconds });
  }
}
