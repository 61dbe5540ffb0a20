import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { storageError } from '../core/bytes/storage-error.ts';
import type { Config, VaultLocation } from '../core/config/config.ts';
import { placeOfVault } from '../core/config/place-of-vault.ts';
import { ConfigurationError } from '../core/errors.ts';
import type { Copy } from '../core/operations/keeping/copies.ts';
import type { MachineVault } from './machine-vault.ts';
import { openVault, type VaultSurroundings } from './open-vault.ts';

/** Longest time, in milliseconds, that a folder has to say where it lies. */
const patience = 5_000;

/** File of the state folder with the places of copies that this machine has written into. */
export const copiesFile = 'copies.json';

/** Opens the configured copies. Sends no request, and makes nothing. */
export async function openCopies(config: Config, surroundings: VaultSurroundings): Promise<(Copy & { vault: MachineVault })[]> {
  const file = join(surroundings.state, copiesFile);
  return Promise.all(
    config.local.copies.map(async (each) => {
      const location = 'folder' in each ? each.folder : { s3: each.s3 };
      const place = placeOfVault(location);
      return {
        place,
        keep: each.keep,
        vault: await openVault(location, surroundings),
        isKnown: () => knownIn(file).includes(place),
        note: () => noteIn(file, [...new Set([...knownIn(file), place])]),
      };
    }),
  );
}

/**
 * Throws ConfigurationError for a copy in the place of another vault: it would retire that one's backups by its own
 * policy.
 */
export async function refuseOverlap({ local: { copies, vault } }: Config): Promise<void> {
  const places = [vault, ...copies.map((each) => ('folder' in each ? each.folder : { s3: each.s3 }))];
  for (const [index, place] of places.entries())
    for (const [earlier, other] of places.slice(0, index).entries()) {
      const [one, two] = await Promise.all([addressOf(place), addressOf(other)]);
      if (!one.startsWith(two) && !two.startsWith(one)) continue;
      const where = earlier === 0 ? 'local.vault' : `local.copies.${earlier - 1}`;
      throw new ConfigurationError(
        `local.copies.${index - 1}: ${placeOfVault(place)} lies in the place of ${where}, ${placeOfVault(other)}, or around it; write another`,
      );
    }
}

/** Makes a text that begins with that of a place around it. Follows links, as far as a folder is there and answers. */
async function addressOf(location: VaultLocation): Promise<string> {
  if (typeof location !== 'string') return `${location.s3.endpoint ?? ''} ${placeOfVault(location)}/`;
  return `${await Promise.race([realpath(location).catch(() => location), setTimeout(patience, location, { ref: false })])}/`;
}

/** Forgets that this machine has written into copies, so that empty ones are begun again. */
export function forgetCopies(state: string): void {
  noteIn(join(state, copiesFile), []);
}

/** Returns the noted places; none if the file cannot be understood. */
function knownIn(file: string): string[] {
  if (!existsSync(file)) return [];
  try {
    return z.array(z.string()).parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}

function noteIn(file: string, places: string[]): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(places), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch (error) {
    throw storageError(error, `write ${file}`);
  }
}
