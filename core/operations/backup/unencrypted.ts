import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blockSize } from '../../bytes/blocks.ts';
import { parseScan, type Scan, writeScan } from '../../documents/scan.ts';
import { encryptionOf } from '../../encryption/keys.ts';
import { reasonOf } from '../../errors.ts';
import type { Platform } from '../../platform.ts';

/*
 * A dump as it was before it was encrypted, and its scan: where no identity is known, nothing else can be proven. They
 * lie in the scratch folder of the process that dumps and then proves, until the run is over.
 */

/** A dump that is being kept. It costs no backup if it cannot be kept: the proof is then missing. */
export interface Keeping {
  /** Passes chunks on, and writes each first. */
  dump(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Writes the scan, which makes what was kept whole. */
  scan(scan: Scan): Promise<void>;
}

/** Keeps a run's dump if it will be encrypted and nothing here can open it; otherwise returns undefined. */
export function keepUnencrypted({ log, scratch, vault: { keys } }: Pick<Platform, 'log' | 'scratch' | 'vault'>, run: string): Keeping | undefined {
  if (!encryptionOf(keys) || keys?.identities) return undefined;
  const { folder, dump, scan } = placeOf(scratch, run);
  let failed = false;
  const trying = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return failed ? undefined : await work();
    } catch (error) {
      failed = true;
      log.warn(`${run}: will not be proven, because its unencrypted bytes could not be kept in ${folder}: ${reasonOf(error).message}`, { run });
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      return undefined;
    }
  };
  return {
    dump: async function* (chunks) {
      const file: FileHandle | undefined = await trying(async () => {
        await rm(folder, { recursive: true, force: true }); // of an earlier attempt
        await mkdir(folder, { mode: 0o700 });
        return open(dump, 'wx', 0o600);
      });
      try {
        for await (const chunk of chunks) {
          await trying(async () => file?.writeFile(chunk));
          yield chunk;
        }
      } finally {
        await file?.close();
      }
    },
    scan: async (content) => {
      await trying(() => writeFile(scan, writeScan(content), { mode: 0o600 }));
    },
  };
}

/** Finds what the dump of a run has kept; undefined if nothing, or not all of it. */
export function keptUnencrypted({ scratch }: Pick<Platform, 'scratch'>, run: string): { scan(): Promise<Scan>; dump(): AsyncIterable<Uint8Array> } | undefined {
  const { dump, scan } = placeOf(scratch, run);
  if (!existsSync(scan)) return undefined;
  return {
    scan: async () => parseScan(await readFile(scan), scan),
    dump: () => createReadStream(dump, { highWaterMark: blockSize }) as AsyncIterable<Uint8Array>,
  };
}

/**
 * Removes the bytes that were kept for a run. A refusal costs no backup: a warning names the folder, and the scratch
 * folder goes when the process ends.
 */
export async function removeUnencrypted({ log, scratch }: Pick<Platform, 'log' | 'scratch'>, run: string): Promise<void> {
  const { folder } = placeOf(scratch, run);
  await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
    log.warn(`${run}: ${folder} could not be removed; remove it: ${reasonOf(error).message}`, { run });
  });
}

function placeOf(scratch: string, run: string): { folder: string; dump: string; scan: string } {
  const folder = join(scratch, `unencrypted-${run}`);
  return { folder, dump: join(folder, 'dump'), scan: join(folder, 'scan.json') };
}
