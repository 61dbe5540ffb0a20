import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { storageError } from '../../../bytes/storage-error.ts';
import { canBeEntered } from '../../../programs/can-be-entered.ts';
import type { Launch } from '../../../programs/launch.ts';
import { GuardedProcess } from './guarded-process.ts';
import { type Identity, serverIdentity } from './identity.ts';
import { launchAfter, type ScratchNetwork, type Start, startOn } from './network.ts';
import { unpack } from './packed-folder.ts';
import { Watchdog } from './watchdog.ts';

/** Longest path of a Unix socket on Linux, in bytes, without its closing zero: unix(7). */
const longestSocketPath = 107;

/**
 * Private folders of a scratch server, and their owner. Disposing removes them; a watchdog does so if we are killed.
 */
export class ScratchHome implements AsyncDisposable {
  readonly data: string;
  readonly socket: string;
  readonly root: string;
  readonly #folders: string[];
  readonly #identity: Identity | undefined;
  readonly #start: Start;
  readonly #watchdog: Watchdog;

  private constructor(root: string, socket: string, identity: Identity | undefined, start: Start) {
    this.root = root;
    this.data = join(root, 'data');
    this.socket = socket;
    this.#identity = identity;
    this.#start = start;
    this.#folders = [...new Set([root, socket])];
    this.#watchdog = new Watchdog(this.#folders);
  }

  /**
   * Makes the folders. `name` begins their names and is the user's name; `socket` is the socket's. Without a `network`,
   * programs run without one where the system can do that. If we are root and others cannot enter `scratch`, the folder
   * is made in the system's temporary folder.
   */
  static async make(scratch: string, { name, socket, network }: { name: string; socket: string; network: ScratchNetwork }): Promise<ScratchHome> {
    const identity = serverIdentity();
    const start = await startOn(network);
    const parent = identity === undefined || (await canBeEntered(resolve(scratch))) ? resolve(scratch) : tmpdir();
    await using made = new AsyncDisposableStack();
    try {
      const root = await privateFolder(parent, name, identity, made);
      const isShort = Buffer.byteLength(join(root, socket)) <= longestSocketPath;
      const home = new ScratchHome(root, isShort ? root : await privateFolder(tmpdir(), name, identity, made), identity, start);
      made.move(); // the home removes them from now on
      await using opening = new AsyncDisposableStack();
      opening.use(home);
      // gives a name, for this time, to a user that the machine does not know (libnss_wrapper reads these)
      const { uid, gid } = identity ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
      await home.write(join(root, 'passwd'), `${name}:x:${uid}:${gid}::/:/bin/false\n`);
      await home.write(join(root, 'group'), `${name}:x:${gid}:\n`);
      opening.move();
      return home;
    } catch (error) {
      throw storageError(error, `make a scratch server's folder in ${parent}`);
    }
  }

  /** Writes a file that only the server can read. Throws StorageFullError or StorageRefusedError if it cannot. */
  async write(path: string, content: string): Promise<void> {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content, { mode: 0o600 });
      if (this.#identity) await chown(path, this.#identity.uid, this.#identity.gid);
    } catch (error) {
      throw storageError(error, `write ${path}`);
    }
  }

  /** Makes an empty data directory, for a server that does not make it itself. Throws as `write` does. */
  async makeData(): Promise<void> {
    try {
      await this.#makeData();
    } catch (error) {
      throw storageError(error, `make ${this.data}`);
    }
  }

  /**
   * Makes the data directory and fills it with what a packed folder holds (`packed-folder.ts`). Throws the system's
   * errors.
   */
  async fillData(packed: Buffer): Promise<void> {
    await this.#makeData();
    await unpack(packed, this.data, this.#identity);
  }

  async #makeData(): Promise<void> {
    await mkdir(this.data, { mode: 0o700 });
    if (this.#identity) await chown(this.data, this.#identity.uid, this.#identity.gid);
  }

  async removeData(): Promise<void> {
    await rm(this.data, { recursive: true, force: true });
  }

  /** Runs a program; `folder` is its working folder. */
  run(launch: Launch, args: readonly string[], folder: string): GuardedProcess {
    const env = { LC_ALL: 'C', TZ: 'GMT', PATH: '/usr/bin:/bin', NSS_WRAPPER_PASSWD: join(this.root, 'passwd'), NSS_WRAPPER_GROUP: join(this.root, 'group') };
    const { words, identity } = this.#start;
    return new GuardedProcess({ launch: launchAfter(words, launch), args, env, folder, identity, watchdog: this.#watchdog });
  }

  /** Removes the folders. Call it once nothing runs in them any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watchdog[Symbol.asyncDispose]();
    // done by the watchdog already, unless somebody killed it
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }
}

/** Makes a folder that its owner alone can enter. `made` removes it unless all goes well. */
async function privateFolder(parent: string, name: string, identity: Identity | undefined, made: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(parent, `${name}-`));
  made.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o700);
  if (identity) await chown(folder, identity.uid, identity.gid);
  return folder;
}
