import type { ConfigInput } from '../../core/config/config.ts';

/** A line of shell that somebody might write instead of our command. */
export interface Line {
  name: string;
  line: string;
  /** Left out by `--quick`. */
  slow?: true;
  /** Runs while another process writes; compared with ours under a writer. */
  busy?: true;
}

/** A filled database of one engine, with its measurements. */
export interface Subject extends AsyncDisposable {
  title: string;
  database: ConfigInput['databases'][string];
  /** Lines; the first is the reference for all. */
  lines: Line[];
  /** Environment of the lines. */
  environment: Record<string, string>;
  /** Orders for `part.ts`, if the parts of our byte path are measured. */
  parts?: string[];
  /** Starts a process that writes until it is disposed of. */
  writer?(): Promise<AsyncDisposable>;
  /** Target of a restore. */
  target: { into: string; make(): Promise<void>; remove(): Promise<void> };
}
