import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config, Database, Reference } from './config/config.ts';
import type { Machine } from './documents/vault-owner.ts';
import type { Engine } from './engines/engine.ts';
import type { Mailer } from './mail/mailer.ts';
import type { Notifier } from './notify/notifier.ts';
import type { Tools } from './programs/tools.ts';
import type { Clock } from './time/clock.ts';
import type { Links } from './vault/links.ts';
import type { Vault } from './vault/vault.ts';
import type { Executions } from './workflow/executions.ts';
import type { Rotation } from './workflow/rotation.ts';

/** Progress of a step of a run; `total` is missing if it cannot be known. Bytes are those before compression. */
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

/** Ports and configuration that an operation runs with: AWS's or one machine's. */
export interface Platform {
  config: Config;
  vault: Vault;
  catalogue: Catalogue;
  mailer: Mailer;
  notifier: Notifier;
  executions: Executions;
  rotation: Rotation;
  links: Links;
  tools: Tools;
  /** Engines whose databases can be reached from here. */
  engines: Partial<Record<Database['engine'], Engine>>;
  /** Resolves a secret. Throws ConfigurationError if it does not exist, SecretUnavailableError if retrying may help. */
  reveal(reference: Reference): Promise<string>;
  clock: Clock;
  log: Log;
  /** This machine, where others could write into the same vault. */
  machine?: Machine;
  /** A private folder for temporary files, on a disk that can hold the largest database. */
  scratch: string;
}

/**
 * Part of a platform that every operation has, with the ports that this one names: its role on AWS need not allow
 * others.
 */
export type With<Ports extends keyof Platform> = Pick<Platform, Ports | 'config' | 'clock' | 'log' | 'machine'>;
