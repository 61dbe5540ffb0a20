import type { ConfigInput } from '../../core/config/config.ts';

/** A line of shell that somebody might write instead of ours. */
export interface Line {
  name: string;
  line: string;
  /** Left out by `--quick`. */
  slow?: true;
  /** It runs while another process writes, and ours under a writer is compared with it. */
  busy?: true;
}

/** One engine's database, filled, and what is measured of it. */
export interface Subject extends AsyncDisposable {
  title: string;
  database: ConfigInput['databases'][string];
  /** The first is what all are compared with. */
  lines: Line[];
  /** What the lines need of the environment. */
  environment: Record<string, string>;
  /** How far our bytes come, where that is measured; orders for `part.ts`. */
  parts?: string[];
  /** Another process that writes until it is disposed of. */
  writer?(): Promise<AsyncDisposable>;
  /** Where a restore goes. */
  target: { into: string; make(): Promise<void>; remove(): Promise<void> };
}
