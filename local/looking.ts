import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reveal } from '../core/aws/reveal-anywhere.ts';
import type { LoadedConfig } from '../core/config/config-file.ts';
import { keysOf } from '../core/encryption/identity-source.ts';
import type { Keys } from '../core/encryption/keys.ts';
import { engines } from '../core/engines/engines.ts';
import { storageError } from '../core/errors.ts';
import type { Log, With } from '../core/platform.ts';
import { systemClock } from '../core/time/clock.ts';
import { absolute } from './platform.ts';
import { LocalTools } from './tools.ts';

/** Ports to look into backups that lie elsewhere: no vault, no catalogue, and nothing that stays. */
export type LookingPlatform = With<'tools' | 'reveal' | 'scratch' | 'engines'> & { /** Keys that open encrypted ones. */ keys: Keys } & Disposable;

/** Opens them, with a folder for temporary files. Programs and keys are those of the configuration here. */
export function lookingPlatform(loaded: LoadedConfig, log: Log): LookingPlatform {
  const config = absolute(loaded);
  const parent = tmpdir();
  let scratch: string;
  try {
    scratch = mkdtempSync(join(parent, 'sauvegarde-'));
  } catch (error) {
    throw storageError(error, `make a temporary folder in ${parent}`);
  }
  return {
    config,
    clock: systemClock,
    log,
    scratch,
    tools: new LocalTools(log, config.databases),
    reveal,
    engines,
    keys: keysOf(config, reveal),
    [Symbol.dispose]: () => rmSync(scratch, { recursive: true, force: true }),
  };
}
