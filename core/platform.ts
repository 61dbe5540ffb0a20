import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config, Database, Reference } from './config/config.ts';
import type { Engine } from './engines/engine.ts';
import type { Mailer } from './mail/mailer.ts';
import type { Tools } from './programs/tools.ts';
import type { Clock } from './time/clock.ts';
import type { Links } from './vault/links.ts';
import type { Vault } from './vault/vault.ts';
import type { Executions } from './workflow/executions.ts';
import type { Rotation } from './workflow/rotation.ts';

/** How far a step of a run has come; `total` is missing when it cannot be known. Bytes are those before compression. */
export interface Progress {
  run: string;
  step: 'copy' | 'dump' | 'prove' | 'restore' | 'compare' | 'download';
  bytes: number;
  total?: number;
}

export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  progress(progress: Progress): void;
}

/** The ports and the configuration that an operation runs with: AWS's or one machine's. */
export interface Platform {
  config: Config;
  vault: Vault;
  catalogue: Catalogue;
  mailer: Mailer;
  executions: Executions;
  rotation: Rotation;
  links: Links;
  tools: Tools;
  /** The kinds of databases that can be reached from here. */
  engines: Partial<Record<Database['engine'], Engine>>;
  /** A secret where it is used. One that cannot be had is a ConfigurationError, or a SecretUnavailableError when a repeat can mend it. */
  reveal(reference: Reference): Promise<string>;
  clock: Clock;
  log: Log;
  /** A private folder for temporary files, on a disk that can hold the largest database. */
  scratch: string;
}

/** What every operation runs with, and the ports that this one uses: what it does not name, its role on AWS need not allow. */
export type With<Ports extends keyof Platform> = Pick<Platform, Ports | 'config' | 'clock' | 'log'>;
