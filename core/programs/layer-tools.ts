import type { Launch } from '../launch.ts';
import type { Client, Server, Tools } from '../tools.ts';
import { launcherOf } from './launcher.ts';
import { readManifest } from './manifest.ts';

/** Programs in folders as `layers/` builds them, which were put here with the product: on AWS the functions' layers. A folder is looked at when one of its programs is first needed. */
export class LayerTools implements Tools {
  readonly #folders: { clients: string; servers: string };
  readonly #launchers = new Map<string, (program: string) => Launch>();

  constructor(folders: { clients: string; servers: string }) {
    this.#folders = folders;
  }

  async client(program: Client): Promise<Launch> {
    return (await this.#launcher(this.#folders.clients))(program);
  }

  async server(): Promise<(program: Server) => Launch> {
    return this.#launcher(this.#folders.servers);
  }

  async #launcher(folder: string): Promise<(program: string) => Launch> {
    const known = this.#launchers.get(folder);
    if (known) return known;
    const launcher = launcherOf(folder, await readManifest(folder));
    this.#launchers.set(folder, launcher);
    return launcher;
  }
}
