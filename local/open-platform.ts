import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { reveal, revealHere } from '../core/aws/reveal-anywhere.ts';
import { storageError } from '../core/bytes/storage-error.ts';
import { catalogueFile, SqliteCatalogue } from '../core/catalogue/sqlite/catalogue.ts';
import type { Config, Database, Target } from '../core/config/config.ts';
import type { LoadedConfig } from '../core/config/config-file.ts';
import { keysOf } from '../core/encryption/identity-source.ts';
import type { Keys } from '../core/encryption/keys.ts';
import { enginesWhenUsed } from '../core/engines/engines-when-used.ts';
import { ConfigurationError, StorageRefusedError } from '../core/errors.ts';
import { counted } from '../core/figures.ts';
import { Outbox } from '../core/mail/outbox.ts';
import { SmtpMailer } from '../core/mail/smtp.ts';
import { Webhooks } from '../core/notify/webhooks.ts';
import type { Log, With } from '../core/platform.ts';
import { type Clock, systemClock } from '../core/time/clock.ts';
import { openCopies, refuseOverlap } from './copies.ts';
import { createDemonstration, isDemonstrationToCome } from './demonstration.ts';
import { LocalExecutions } from './executions.ts';
import type { LocalPlatform } from './local-platform.ts';
import { thisMachine } from './machine-id.ts';
import { openCatalogue } from './open-catalogue.ts';
import { openVault } from './open-vault.ts';
import { Presence } from './presence.ts';
import { LocalTools } from './tools.ts';

/** Loads the rotation, which few commands need. */
const rotation = () => import('../core/operations/keeping/rotate.ts');

export type { LocalPlatform } from './local-platform.ts';

/**
 * Opens the state folder, creating what is missing. Rebuilds a lost catalogue from the vault. `atOnce` executions run
 * at a time. `mends`: sets a damaged catalogue aside first; without it, throws DamagedCatalogueError. `looks`: makes
 * nothing that stays; where there is no catalogue yet, one in a temporary folder stands for it.
 */
export async function openLocalPlatform(
  loaded: LoadedConfig,
  { clock, log, atOnce = 1, mends = false, looks = false }: { clock: Clock; log: Log; atOnce?: number; mends?: boolean; looks?: boolean },
): Promise<LocalPlatform> {
  const config = absolute(loaded);
  await refuseOverlap(config);
  const { state, vault: location, mail } = config.local;
  const substitute = looks && !existsSync(join(state, catalogueFile)) ? mkdtempSync(join(tmpdir(), 'sauvegarde-')) : undefined;
  const home = substitute ?? state;
  makeFolder(home);
  const presence = new Presence(join(home, 'processes'));
  const file = join(home, catalogueFile);
  const catalogue = withPresence(presence, () => openCatalogue(file, () => new SqliteCatalogue(file), { presence, log, now: clock.now(), mends }));
  removeTemporaryOfTheGone(presence, home);
  const scratch = join(home, 'temporary', presence.id);
  makeFolder(scratch);
  const { smtp } = mail;
  const keys = keysOf(config, reveal);
  const surroundings = { writer: presence.id, state: home, keys, log };
  const platform: LocalPlatform = {
    config,
    state,
    scratch,
    catalogue,
    presence,
    machine: thisMachine(home),
    clock,
    log,
    vault: await openVault(location, surroundings),
    copies: await openCopies(config, surroundings),
    tools: new LocalTools(log, config.databases),
    engines: enginesWhenUsed,
    reveal,
    executions: new LocalExecutions(
      { catalogue, clock, presence },
      async (request, signal) => (await import('./workflow.ts')).runBackup(platform, request, signal),
      atOnce,
    ),
    rotation: {
      rotate: async (input) => (await rotation()).rotate(platform, input),
      retire: async (input) => (await rotation()).retireByOrder(platform, input),
      clear: async (input) => (await rotation()).clearRetired(platform, input),
    },
    notifier: new Webhooks(config, reveal),
    mailer: smtp === undefined ? new Outbox(join(state, 'outbox')) : new SmtpMailer(() => revealHere(smtp)),
    [Symbol.dispose]: () => {
      rmSync(scratch, { recursive: true, force: true });
      presence[Symbol.dispose]();
      catalogue[Symbol.dispose]();
      if (substitute !== undefined) rmSync(substitute, { recursive: true, force: true });
    },
  };
  await rebuildWhenEmpty(platform);
  if (!looks) await provideDemonstration(platform);
  return platform;
}

/** Does the work; ends the presence if it fails, since nobody else would. */
function withPresence<T>(presence: Presence, work: () => T): T {
  try {
    return work();
  } catch (error) {
    presence[Symbol.dispose]();
    throw error;
  }
}

/**
 * Removes the temporary files of ended processes. Every command does so, not only a backup: a killed restore has left a
 * file with a password.
 */
function removeTemporaryOfTheGone(presence: Presence, state: string): void {
  for (const { id, alive } of presence.others()) if (!alive) rmSync(join(state, 'temporary', id), { recursive: true, force: true });
}

/**
 * Rebuilds an empty catalogue. An unreadable vault stops nothing here: commands that need it report it, `doctor` among
 * them, and the next start tries again.
 */
async function rebuildWhenEmpty(platform: LocalPlatform): Promise<void> {
  const { catalogue, log } = platform;
  if ((await catalogue.backups.list({ limit: 1 })).items.length > 0) return;
  const { rebuild } = await import('../core/operations/keeping/rebuild.ts');
  try {
    const { recorded } = await rebuild(platform, { by: 'start-up', claimed: false });
    if (recorded.length > 0) log.warn(`the catalogue was empty; it was rebuilt from ${counted(recorded.length, 'backup')} in ${platform.vault.place}`);
  } catch (error) {
    if (!(error instanceof StorageRefusedError || error instanceof ConfigurationError)) throw error;
    log.error(`the catalogue is empty, and it cannot be rebuilt from the vault: ${error.message}`);
  }
}

/** Makes the paths of a configuration absolute: relative ones begin in the folder of its file. */
function absolute({ config, folder }: LoadedConfig): Config {
  const { copies, vault } = config.local;
  const identity = config.encryption?.identity;
  const reached = <Reached extends Database | Target>(entries: Record<string, Reached>): Record<string, Reached> =>
    Object.fromEntries(Object.entries(entries).map(([name, each]) => [name, 'file' in each ? { ...each, file: resolve(folder, each.file) } : each]));
  return {
    ...config,
    databases: reached(config.databases),
    targets: reached(config.targets),
    ...(config.encryption && identity && 'file' in identity && { encryption: { ...config.encryption, identity: { file: resolve(folder, identity.file) } } }),
    local: {
      ...config.local,
      vault: typeof vault === 'string' ? resolve(folder, vault) : vault,
      copies: copies.map((copy) => ('folder' in copy ? { ...copy, folder: resolve(folder, copy.folder) } : copy)),
      state: resolve(folder, config.local.state),
    },
  };
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageError(error, `make the folder ${path}`);
  }
}

/** Makes the demonstration database, once. */
async function provideDemonstration(platform: LocalPlatform): Promise<void> {
  for (const [name, database] of Object.entries(platform.config.databases)) {
    if (!('file' in database) || !(await isDemonstrationToCome(platform, name, database.file))) continue;
    createDemonstration(database.file);
    platform.log.info(`made a demonstration database: ${database.file}`);
  }
}

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
    engines: enginesWhenUsed,
    keys: keysOf(config, reveal),
    [Symbol.dispose]: () => rmSync(scratch, { recursive: true, force: true }),
  };
}
