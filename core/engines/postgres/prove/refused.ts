import { createHash } from 'node:crypto';
import type { RestoreScript } from '../restore/restore-script.ts';
import type { Refusal } from '../restore/run-script.ts';
import type { ScratchDatabase } from './scratch-database.ts';
import { restorer } from './scratch-database.ts';

/** A statement of the dump that the scratch server refused. */
export interface Refused {
  /** The object that it belongs to, with its kind: `FK CONSTRAINT public.child child_parent_fkey`. */
  object: string;
  /** Bytes of the statement, without rows, as Latin-1. */
  statement: string;
  /** SHA-256 of the statement's bytes. */
  digest: string;
  reason: string;
  /** True if it ran after all, at another place or with another search path. */
  comesBack?: true;
}

/** Makes a script, and yields its bytes. */
export type Passing = (passed: ConstructorParameters<typeof RestoreScript>[1] & object) => AsyncIterable<Uint8Array>;

/**
 * Runs a script statement by statement to its end, and returns the statements that were refused. Makes the script a
 * second time to find them by their lines: only few scripts have any.
 */
export async function refusedOf(scratch: ScratchDatabase, script: Passing): Promise<Refused[]> {
  const { refusals } = await scratch.run(script({ passed: () => undefined }), { user: restorer, whole: false });
  if (refusals.length === 0) return [];
  const left = refusals.toSorted((one, other) => one.line - other.line);
  const found: Refused[] = [];
  let current: { bytes: Buffer; object: string } | undefined;
  const upTo = (line: number) => {
    for (; left[0] && left[0].line < line; left.shift()) if (current) found.push(refused(current, left[0]));
  };
  const passed = (statement: Buffer, { line, object }: { line: number; object: string }) => {
    if (left.length === 0) return;
    upTo(line);
    current = { bytes: Buffer.from(statement), object };
  };
  for await (const _ of script({ passed })) if (left.length === 0) break;
  upTo(Number.POSITIVE_INFINITY);
  return found;
}

function refused({ bytes, object }: { bytes: Buffer; object: string }, { reason }: Refusal): Refused {
  return { object, statement: bytes.toString('latin1'), digest: digestOf(bytes), reason };
}

/** Names a statement by its bytes. */
export function digestOf(statement: Uint8Array | string): string {
  return createHash('sha256')
    .update(typeof statement === 'string' ? Buffer.from(statement, 'latin1') : statement)
    .digest('hex');
}
