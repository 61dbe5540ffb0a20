import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf, ToolMissingError } from '../core/errors.ts';
import type { Launch } from '../core/launch.ts';
import type { Log } from '../core/platform.ts';
import { type Client, postgresMajor, type Server, type Tools } from '../core/tools.ts';
import { buildLayer, cacheFolder, type LayerName } from '../layers/layers.ts';
import { ownArchitecture } from '../layers/recipe/architecture.ts';
import { launcherOf } from '../layers/recipe/launch.ts';
import { readManifest } from '../layers/recipe/manifest.ts';

const run = promisify(execFile);

/** Programs on PATH when they are new enough, otherwise our own, which are built once from Debian's packages into the user's cache. */
export class LocalTools implements Tools {
  readonly #log: Log;
  readonly #layers = new Map<LayerName, Promise<(program: string) => Launch>>();

  constructor(log: Log) {
    this.#log = log;
  }

  async client(program: Client, signal: AbortSignal): Promise<Launch> {
    return (await onPath(program)) ?? (await this.#layer('database-tools', signal))(program);
  }

  server(signal: AbortSignal): Promise<(program: Server) => Launch> {
    return this.#layer('database-servers', signal);
  }

  /** A failed build is not remembered: the next try may find its mirror again. */
  async #layer(name: LayerName, signal: AbortSignal): Promise<(program: string) => Launch> {
    const known = this.#layers.get(name) ?? this.#build(name, signal);
    this.#layers.set(name, known);
    try {
      return await known;
    } catch (error) {
      this.#layers.delete(name);
      signal.throwIfAborted();
      throw new ToolMissingError(`the programs of ${name} are not on PATH in version ${postgresMajor}, and could not be built: ${reasonOf(error).message}`, {
        cause: error,
      });
    }
  }

  async #build(name: LayerName, signal: AbortSignal): Promise<(program: string) => Launch> {
    const architecture = ownArchitecture();
    if (!architecture) throw new ToolMissingError(`there are none for ${process.arch}`);
    const folder = await buildLayer(name, { architecture, cache: cacheFolder(), mode: 'newest', log: this.#log, signal });
    return launcherOf(folder, await readManifest(folder));
  }
}

/** The first of that name on PATH, when it is new enough. */
async function onPath(program: Client): Promise<Launch | undefined> {
  for (const folder of (process.env.PATH ?? '').split(':').filter((each) => each.startsWith('/'))) {
    const command = join(folder, program);
    const version = await versionOf(command);
    if (version !== undefined) return version >= postgresMajor ? { command, args: [], env: {}, links: {} } : undefined;
  }
  return undefined;
}

/** `pg_dump (PostgreSQL) 18.1 (Debian …)` → 18; undefined for what is not there or does not answer. */
async function versionOf(command: string): Promise<number | undefined> {
  try {
    const { stdout } = await run(command, ['--version'], { timeout: 10_000 });
    return Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? 0);
  } catch {
    return undefined;
  }
}
