import { execFile } from 'node:child_process';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { canBeEntered } from '../core/engines/postgres/scratch-home.ts';
import { reasonOf, type SauvegardeError, StorageFullError, StorageRefusedError, storageError, ToolMissingError } from '../core/errors.ts';
import type { Launch } from '../core/launch.ts';
import type { Log } from '../core/platform.ts';
import { launcherOf } from '../core/programs/launcher.ts';
import { readManifest } from '../core/programs/manifest.ts';
import { type Client, postgresMajor, type Server, type Tools } from '../core/tools.ts';
import { buildLayer, cacheFolder, type LayerName } from '../layers/layers.ts';
import { architectures, ownArchitecture } from '../layers/recipe/architecture.ts';
import { RecipeError } from '../layers/recipe/errors.ts';

const run = promisify(execFile);

/** Programs on PATH when they are new enough, otherwise our own, which are built once from Debian's packages into the user's cache. */
export class LocalTools implements Tools {
  readonly #log: Log;
  readonly #underWay = new Map<LayerName, Promise<(program: string) => Launch>>();

  constructor(log: Log) {
    this.#log = log;
  }

  async client(program: Client, signal: AbortSignal): Promise<Launch> {
    return (await onPath(program)) ?? (await this.#layer('database-tools', signal))(program);
  }

  server(signal: AbortSignal): Promise<(program: Server) => Launch> {
    return this.#layer('database-servers', signal);
  }

  /** Asked of the cache each time, which then knows that it is used; two databases at once build once. */
  async #layer(name: LayerName, signal: AbortSignal): Promise<(program: string) => Launch> {
    const known = this.#underWay.get(name) ?? this.#build(name, signal);
    this.#underWay.set(name, known);
    try {
      return await known;
    } catch (error) {
      signal.throwIfAborted();
      throw unavailable(name, error);
    } finally {
      this.#underWay.delete(name);
    }
  }

  async #build(name: LayerName, signal: AbortSignal): Promise<(program: string) => Launch> {
    const architecture = ownArchitecture();
    if (!architecture) throw new RecipeError(`there are packages for ${architectures.join(' and ')}, and this machine is ${process.arch}`);
    const folder = await buildLayer(name, { architecture, cache: cacheFolder(), mode: 'newest', log: this.#log, signal });
    if (process.getuid?.() === 0 && name === 'database-servers' && !(await canBeEntered(folder)))
      throw new RecipeError(
        `PostgreSQL refuses to run as root, and nobody else may enter ${folder}. Run "chmod o+x" on the folders above it, or choose another cache by the environment variable SAUVEGARDE_CACHE`,
      );
    return launcherOf(folder, await readManifest(folder));
  }
}

/** The first on PATH that is new enough. */
async function onPath(program: Client): Promise<Launch | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    const command = join(folder, program);
    if ((await versionOf(command)) >= postgresMajor) return { command, args: [], env: {}, links: {} };
  }
  return undefined;
}

/** `pg_dump (PostgreSQL) 18.1 (Debian …)` → 18; 0 for what is not there or does not answer. */
async function versionOf(command: string): Promise<number> {
  try {
    const { stdout } = await run(command, ['--version'], { timeout: 10_000 });
    return Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const what: Record<LayerName, string> = {
  'database-tools': `PostgreSQL's client programs are not on PATH in version ${postgresMajor} or newer, and could not be built`,
  'database-servers': 'the PostgreSQL server that a proof restores into could not be built',
};
/** What a person can do instead of letting them be built. */
const instead: Record<LayerName, string> = {
  'database-tools': `. Or install psql and pg_dump ${postgresMajor} (package postgresql-client-${postgresMajor})`,
  'database-servers': '',
};

/** Why programs could not be had, and what to do. */
function unavailable(name: LayerName, cause: unknown): SauvegardeError {
  const refused = storageError(cause, `write into ${cacheFolder()}`);
  const place = 'or choose another folder by the environment variable SAUVEGARDE_CACHE';
  if (refused instanceof StorageFullError || (cause instanceof RecipeError && /No space left on device|quota exceeded/i.test(cause.message)))
    return new StorageFullError(`${what[name]}: no space is left for them in ${cacheFolder()}; free about 500 MB there, ${place}`, { cause });
  const why =
    cause instanceof RecipeError
      ? cause.message
      : refused instanceof StorageRefusedError
        ? `${refused.message}; let this user write there, ${place}`
        : reasonOf(cause).message;
  return new ToolMissingError(`${what[name]}: ${why}${instead[name]}`, { cause });
}
