import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientFolders, type FolderName, olderServers, serverFolders, serverFor, versionIn } from './folders.ts';
import type { Launch } from './launch.ts';
import { launcherOf } from './launcher.ts';
import { readManifest } from './manifest.ts';
import { type Client, type Family, productOfClient, type ServerPrograms, type Tools } from './tools.ts';

/**
 * Programs in folders as `layers/` builds them, which came with the product: on AWS the functions' layers. A folder is
 * read when one of its programs is first needed.
 */
export class LayerTools implements Tools {
  /** The programs' own folder cannot be written; a function that is still warm finds what it has kept here. */
  readonly templates = tmpdir();
  readonly #parent: string;
  readonly #launchers = new Map<FolderName, (program: string) => Launch>();

  /** Takes the folder that holds the others, by their names. */
  constructor(parent: string) {
    this.#parent = parent;
  }

  async client(program: Client): Promise<Launch> {
    return (await this.#launcher(clientFolders[productOfClient(program).family]))(program);
  }

  async server<Of extends Family>(family: Of): Promise<(program: ServerPrograms[Of]) => Launch> {
    return this.#launcher(serverFolders[family]);
  }

  /** A function carries only the servers of versions that it is there for. */
  async older<Of extends Family>(family: Of, major: number): Promise<((program: ServerPrograms[Of]) => Launch) | undefined> {
    const found = olderServers[family].find((each) => each.major === major);
    return found && existsSync(join(this.#parent, found.folder)) ? this.#launcher(found.folder) : undefined;
  }

  async serverVersion(family: Family, major: number): Promise<string | undefined> {
    const { folder, package: name } = serverFor(family, major);
    const path = join(this.#parent, folder);
    return existsSync(path) ? versionIn((await readManifest(path)).packages, name) : undefined;
  }

  async #launcher(name: FolderName): Promise<(program: string) => Launch> {
    const known = this.#launchers.get(name);
    if (known) return known;
    const folder = join(this.#parent, name);
    const launcher = launcherOf(folder, await readManifest(folder));
    this.#launchers.set(name, launcher);
    return launcher;
  }
}
