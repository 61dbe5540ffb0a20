import { readdir, readFile, stat } from 'node:fs/promises';

/**
 * Lists the programs that have a file open, as `name (process id)`, on Linux and as far as this user may see; elsewhere
 * none. A connection that is idle in rollback mode holds no lock, so nothing else shows that an application is still
 * there.
 */
export async function holdersOf(file: string): Promise<string[]> {
  const wanted = await stat(file);
  const processes = (await entriesOf('/proc')).filter((name) => /^\d+$/.test(name));
  const holders: string[] = [];
  for (const process of processes) {
    for (const descriptor of await entriesOf(`/proc/${process}/fd`)) {
      const opened = await quietly(stat(`/proc/${process}/fd/${descriptor}`));
      if (opened?.ino !== wanted.ino || opened.dev !== wanted.dev) continue;
      holders.push(`${(await quietly(readFile(`/proc/${process}/comm`, 'utf8')))?.trim() ?? 'a program'} (${process})`);
      break;
    }
  }
  return holders;
}

async function entriesOf(folder: string): Promise<string[]> {
  return (await quietly(readdir(folder))) ?? [];
}

/** Looks, and returns undefined on failure: processes come and go, and those of other users are hidden. */
async function quietly<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch {
    return undefined;
  }
}
