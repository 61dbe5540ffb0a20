import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { storageError } from '../../bytes/storage-error.ts';
import type { Flaw } from '../../documents/flaw.ts';
import type { Scan } from '../../documents/scan.ts';
import { shortened } from '../../documents/shortened.ts';
import type { Engine, Work } from '../../engines/engine.ts';
import { ConfigurationError, RestoreFailedError, UnknownNameError } from '../../errors.ts';
import { withOwnAddress } from './own-address.ts';

/** Choice of what is restored out of a backup. */
export interface Choice {
  /** Tables, as the scan names them; the schema may be left out where it is not in doubt. */
  tables?: readonly string[] | undefined;
  schemas?: readonly string[] | undefined;
}

/** Returns true for a choice of less than everything. */
export function isPartial({ tables = [], schemas = [] }: Choice): boolean {
  return tables.length + schemas.length > 0;
}

/** A dump of a part of a backup, in a temporary file. */
export interface Part extends AsyncDisposable {
  open: () => AsyncIterable<Uint8Array>;
  scan: Scan;
}

/**
 * Dumps a part of a backup: restores all of it into a database that lives only for this, compares that, and dumps what
 * is chosen there with the engine's own tool. Owners and grants stay behind. Throws UnknownNameError for a table or a
 * schema that the backup does not have.
 */
export async function partOf(
  { engine, dump, scan, flaws }: { engine: Engine; dump: () => AsyncIterable<Uint8Array>; scan: Scan; flaws: readonly Flaw[] },
  choice: Choice,
  work: Work,
): Promise<Part> {
  const { tables, schemas } = chosenIn(scan, choice);
  const folder = await mkdtemp(join(work.scratch, 'part-')).catch((error: unknown) => {
    throw storageError(error, `make a temporary folder in ${work.scratch}`);
  });
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'dump');
    await using opened = await engine.open(dump, scan, flaws, work);
    await using dumping = await engine.dump(await opened.narrow({ tables, schemas }), { ...work, reveal: withOwnAddress(work.reveal) });
    await pipeline(dumping.bytes, createWriteStream(file, { mode: 0o600, flags: 'wx' })).catch((error: unknown) => {
      throw storageError(error, `write ${file}`);
    });
    const part = dumping.scan();
    const wrong = tables.filter((name) => part.tables.find((each) => each.name === name)?.rows !== scan.tables.find((each) => each.name === name)?.rows);
    if (wrong.length > 0)
      throw new RestoreFailedError(`nothing was restored: the rows of ${shortened([...wrong]).join(', ')} could not be taken out of the backup`);
    return { open: () => createReadStream(file), scan: part, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * Finds the chosen tables in the scan. With schemas, they are all tables of these. Throws UnknownNameError for a name
 * that the backup does not have, ConfigurationError for tables and schemas at once.
 */
export function chosenIn(scan: Scan, { tables = [], schemas = [] }: Choice): Required<Choice> {
  if (tables.length > 0 && schemas.length > 0) throw new ConfigurationError('name tables or schemas, not both; restore one after the other');
  const names = scan.tables.map(({ name }) => name);
  const known = () => (names.length === 0 ? 'it has no tables' : `it has ${shortened(names).join(', ')}`);
  const named = tables.map((table) => {
    const [found, ...others] = names.includes(table) ? [table] : names.filter((name) => name.endsWith(`.${table}`));
    if (found === undefined) throw new UnknownNameError(`the backup has no table ${JSON.stringify(table)}; ${known()}`);
    if (others.length > 0)
      throw new UnknownNameError(`the backup has more than one table ${JSON.stringify(table)}: ${[found, ...others].join(', ')}; name the schema too`);
    return found;
  });
  const inSchemas = schemas.flatMap((schema) => {
    const found = names.filter((name) => name.startsWith(`${schema}.`));
    if (found.length === 0) throw new UnknownNameError(`the backup has no table in a schema ${JSON.stringify(schema)}; ${known()}`);
    return found;
  });
  return { tables: [...new Set([...named, ...inSchemas])], schemas };
}
