/**
 * Verbs of a program of its own, like pg_dump: `node tool.ts <verb> [argument …]`. It writes lines of JSON. All work
 * on a database file runs here, so that a crash in SQLite, a blocked thread, its memory and its file locks stay apart
 * from the service (POSIX drops the locks when any descriptor of the file is closed in the same process), and stopping
 * is a kill.
 */
import { statSync, writeFileSync } from 'node:fs';
import { reasonOf } from '../../errors.ts';
import type { SourceFacts } from '../engine.ts';
import { copy, openSource } from './copy.ts';
import { type Inspection, inspect } from './inspection.ts';
import { narrow } from './narrow.ts';
import { makeSample } from './sample.ts';
import { readSchema, tablesIn } from './schema.ts';

export interface Verbs {
  /**
   * Arguments: source, target, `quick` or `full`; `mounted` for a source on a network file system. Answers twice: when
   * the copy is made, and with its inspection.
   */
  dump: null | Inspection;
  /** Arguments: file, `quick` or `full`. */
  inspect: Inspection;
  /** Arguments: file, tables that stay. */
  narrow: null;
  /** Arguments: file that is made. */
  sample: null;
  /** Arguments: file; `mounted` as above. */
  examine: SourceFacts;
}

export type Answer<T> = { result: T } | { error: { name: string; message: string } };

const verbs: { [Verb in keyof Verbs]: (...words: string[]) => Promise<Verbs[Verb]> } = {
  dump: async (source = '', target = '', depth, where) => {
    await copy(source, target, { mounted: where === 'mounted' });
    say({ result: null });
    return inspect(target, depthOf(depth));
  },
  inspect: async (file = '', depth) => inspect(file, depthOf(depth)),
  narrow: async (file = '', ...tables) => {
    narrow(file, tables);
    return null;
  },
  sample: async (file = '') => {
    makeSample(file);
    return null;
  },
  examine: async (file = '', where) => {
    using database = openSource(file, { mounted: where === 'mounted' });
    const version = String(database.prepare('SELECT sqlite_version() AS version').get()?.version);
    return { product: `SQLite ${version}`, size: statSync(file).size, tables: tablesIn(readSchema(database)).length, remarks: [] };
  },
};

function depthOf(word: string | undefined): 'quick' | 'full' {
  return word === 'full' ? 'full' : 'quick';
}

/** Writes at once: an inspection lets nothing else happen meanwhile. And process.stdout takes 4 ms to load. */
function say(answer: Answer<unknown>): void {
  writeFileSync(1, `${JSON.stringify(answer)}\n`);
}

process.umask(0o077);
const [verb, ...words] = process.argv.slice(2);
let answer: Answer<unknown>;
try {
  answer = { result: await verbs[verb as keyof Verbs](...words) };
} catch (error) {
  answer = { error: reasonOf(error) };
}
say(answer);
