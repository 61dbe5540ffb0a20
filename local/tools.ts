import { existsSync } from 'node:fs';
import { storageError } from '../core/bytes/storage-error.ts';
import type { Database } from '../core/config/config.ts';
import { reasonOf, type SauvegardeError, StorageFullError, StorageRefusedError, ToolMissingError } from '../core/errors.ts';
import type { Log } from '../core/platform.ts';
import { addedPackages } from '../core/programs/added-packages.ts';
import { canBeEntered } from '../core/programs/can-be-entered.ts';
import { clientFolders, type FolderName, olderServers, serverFolders, serverFor, versionIn } from '../core/programs/folders.ts';
import type { Launch } from '../core/programs/launch.ts';
import { launcherOf } from '../core/programs/launcher.ts';
import { readManifest } from '../core/programs/manifest.ts';
import { type Client, type Family, productOfClient, programmed, type ServerPrograms, type Tools } from '../core/programs/tools.ts';
import { KeptAMinute } from '../core/time/kept-a-minute.ts';
import { cacheFolder } from '../layers/cache-folder.ts';
import { architectures, ownArchitecture } from '../layers/recipe/architecture.ts';
import type { BuildOptions } from '../layers/recipe/build.ts';
import { RecipeError } from '../layers/recipe/errors.ts';
import { onPath } from './on-path.ts';

/** A built folder of programs. */
interface Built {
  folder: string;
  launcher: (program: string) => Launch;
}

/**
 * Programs on PATH if they are new enough, otherwise our own, which are built once from Debian's packages into the
 * user's cache.
 */
export class LocalTools implements Tools {
  readonly #log: Log;
  readonly #databases: Readonly<Record<string, Database>>;
  readonly #underWay = new Map<FolderName, Promise<Built>>();
  /** They are looked for again after a minute: the cache notes its use then. */
  readonly #known = new KeptAMinute<Built>();

  /** Takes the databases whose scratch servers have packages besides the usual ones. */
  constructor(log: Log, databases: Readonly<Record<string, Database>> = {}) {
    this.#log = log;
    this.#databases = databases;
  }

  /** None for a user without a home folder who chose no cache. */
  get templates(): string | undefined {
    try {
      return cacheFolder();
    } catch (error) {
      if (error instanceof RecipeError) return undefined;
      throw error;
    }
  }

  async client(program: Client, signal: AbortSignal): Promise<Launch> {
    return (await onPath(program)) ?? (await this.#folder(clientFolders[productOfClient(program).family], signal))(program);
  }

  server<Of extends Family>(family: Of, signal: AbortSignal): Promise<(program: ServerPrograms[Of]) => Launch> {
    return this.#folder(serverFolders[family], signal);
  }

  async older<Of extends Family>(family: Of, major: number, signal: AbortSignal): Promise<((program: ServerPrograms[Of]) => Launch) | undefined> {
    const found = olderServers[family].find((each) => each.major === major);
    if (!found) return undefined;
    try {
      return await this.#folder(found.folder, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#log.warn(`${reasonOf(error).message}. The newest version proves instead`);
      return undefined;
    }
  }

  async serverVersion(family: Family, major: number): Promise<string | undefined> {
    const architecture = ownArchitecture();
    const { folder, package: name } = serverFor(family, major);
    if (architecture === undefined || this.templates === undefined) return undefined;
    const { packagesOf } = await import('../layers/layers.ts');
    return versionIn(await packagesOf(folder, { architecture, cache: this.templates }), name);
  }

  /** Two databases at once build once. */
  async #folder(name: FolderName, signal: AbortSignal): Promise<(program: string) => Launch> {
    const key = `${name} ${this.templates}`;
    const known = this.#known.get(key);
    if (known && existsSync(known.folder)) return known.launcher;
    const found = this.#underWay.get(name) ?? this.#build(name, signal);
    this.#underWay.set(name, found);
    try {
      this.#known.set(key, await found);
      return (await found).launcher;
    } catch (error) {
      signal.throwIfAborted();
      throw unavailable(name, error);
    } finally {
      this.#underWay.delete(name);
    }
  }

  /** Builds without the packages that cannot be had: what needs them is not proven then, and the rest is. */
  async #builtWith(added: readonly string[], name: FolderName, options: BuildOptions): Promise<string> {
    const { buildLayer } = await import('../layers/layers.ts');
    try {
      return await buildLayer(name, options, added);
    } catch (error) {
      if (added.length === 0 || !(error instanceof RecipeError)) throw error;
      options.signal.throwIfAborted();
      this.#log.warn(`the scratch server has no ${added.join(', ')}: ${error.message}`);
      return await buildLayer(name, options);
    }
  }

  async #build(name: FolderName, signal: AbortSignal): Promise<Built> {
    const architecture = ownArchitecture();
    if (!architecture) throw new RecipeError(`there are packages for ${architectures.join(' and ')}, and this machine is ${process.arch}`);
    const folder = await this.#builtWith(addedPackages(this.#databases, name), name, {
      architecture,
      cache: cacheFolder(),
      mode: 'newest',
      log: this.#log,
      signal,
    });
    if (process.getuid?.() === 0 && isServer(name) && !(await canBeEntered(folder)))
      throw new RecipeError(
        `a server refuses to run as root, and nobody else may enter ${folder}. Run "chmod o+x" on the folders above it, or choose another cache by the environment variable SAUVEGARDE_CACHE`,
      );
    return { folder, launcher: launcherOf(folder, await readManifest(folder)) };
  }
}

function isServer(name: FolderName): boolean {
  return !Object.values<FolderName>(clientFolders).includes(name);
}

/** Says what is missing, and the alternative to building it. */
function told(folder: FolderName): { what: string; instead: string } {
  for (const { family, name, programs } of programmed) {
    const { version, clients, server } = programs;
    const older = olderServers[family].find((each) => each.folder === folder);
    if (server.folder === folder || older)
      return { what: `the ${name}${older ? ` ${older.major}` : ''} server that a proof restores into could not be built`, instead: '' };
    if (clients.folder !== folder) continue;
    const found = 'package' in clients ? ` (package ${clients.package})` : '';
    return {
      what: `${name}'s client programs are not on PATH in version ${version} or newer, and could not be built`,
      instead: `. Or install ${clients.session} and ${clients.dump} ${version}${found}`,
    };
  }
  throw new TypeError(`no programs are in a folder ${folder}`);
}

/** Explains why programs could not be obtained, and what to do. */
function unavailable(name: FolderName, cause: unknown): SauvegardeError {
  const { what, instead } = told(name);
  const place = 'or choose another folder by the environment variable SAUVEGARDE_CACHE';
  const refused = cause instanceof RecipeError ? undefined : storageError(cause, `write into ${cacheFolder()}`);
  if (refused instanceof StorageFullError || (cause instanceof RecipeError && /No space left on device|quota exceeded/i.test(cause.message)))
    return new StorageFullError(`${what}: no space is left for them in ${cacheFolder()}; free about 500 MB there, ${place}`, { cause });
  const why =
    cause instanceof RecipeError
      ? cause.message
      : refused instanceof StorageRefusedError
        ? `${refused.message}; let this user write there, ${place}`
        : reasonOf(cause).message;
  return new ToolMissingError(`${what}: ${why}${instead}`, { cause });
}
