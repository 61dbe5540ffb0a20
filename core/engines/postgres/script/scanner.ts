import { createHash, type Hash } from 'node:crypto';
import { DumpMalformedError } from '../../../errors.ts';
import type { SchemaText } from './definitions.ts';
import { LargeObjects } from './large-objects.ts';
import { countLineFeeds } from './line-feeds.ts';
import { copiedTable, PlainDump, type Visitor } from './plain-dump.ts';

/** Contents of a plain dump of pg_dump. Names are as the dump writes them, quotes included. */
export interface PostgresScan {
  size: number;
  tables: { name: string; rows: number; bytes: number; sha256: string }[];
  sequences: { name: string; value: string; called: boolean }[];
  /** `sum` adds up the digests of single ones, whose order depends on their owners. */
  largeObjects: { count: number; sha256: string; sum: string };
  /** Number of objects that the dump makes, by kind (`TABLE`, `VIEW`, `FUNCTION` …). */
  objects: Record<string, number>;
  /** Schemas in which the dump makes objects, and which it does not make. */
  foreignSchemas: string[];
}

/** COPY of a dump. */
export interface Copied {
  /** Offset after the last piece before it. */
  after: number;
  /** True if all its rows have come. */
  isOver: boolean;
  statement: Buffer;
  /** Number of its rows that have come. */
  rows: number;
}

interface Table {
  rows: number;
  bytes: number;
  hash: Hash;
}

/**
 * Enough characters to tell the statements that pg_dump writes for sequences and large objects, and the kind that a
 * CREATE makes.
 */
const beginningSize = 40;

/**
 * A CREATE of a kind that is counted, up to the object's name. A view that is needed before its definition is complete
 * comes twice, the second time as CREATE OR REPLACE, which is not counted.
 */
const making =
  /^CREATE (?:UNLOGGED |UNIQUE |CONSTRAINT )?(FOREIGN DATA WRAPPER|(?:FOREIGN |MATERIALIZED |EVENT )?(?:TABLE|VIEW|TRIGGER)|AGGREGATE|DOMAIN|EXTENSION|FUNCTION|INDEX|POLICY|PROCEDURE|PUBLICATION|RULE|SCHEMA|SEQUENCE|STATISTICS|TYPE) /;

const settingSequence = /^SELECT pg_catalog\.setval\('((?:[^']|'')*)', (-?\d+), (true|false)\);$/;

/** Returns the sequence whose value a statement sets, as written. */
export function sequenceSetBy(statement: string): string | undefined {
  return settingSequence.exec(statement)?.[1]?.replaceAll("''", "'");
}

/** Scans a plain dump as its bytes pass: `write` every chunk, then `end`. */
export class PostgresScanner implements Visitor {
  readonly #dump = new PlainDump(this);
  #copying: Table | undefined;
  readonly #tables = new Map<string, Table>();
  readonly #sequences: PostgresScan['sequences'] = [];
  readonly #objects: Record<string, number> = {};
  readonly #schemas = { made: new Set<string>(), used: new Set<string>() };
  readonly #largeObjects = new LargeObjects();

  #copied: PostgresScanner['copied'];
  #after = 0;

  readonly #schema: Reader | undefined;

  /** Passes every statement and line to `schema` too. */
  constructor(schema?: Reader) {
    this.#schema = schema;
  }

  write(chunk: Uint8Array): void {
    this.#dump.write(chunk);
  }

  /** Returns the COPY that the dump has come to. Undefined if something else came last. */
  get copied(): Copied | undefined {
    return this.#copied;
  }

  /** Returns the place among the large objects that the dump has come to. */
  get largeObjects(): Pick<LargeObjects, 'after' | 'open' | 'isBegun' | 'filled'> {
    return this.#largeObjects;
  }

  /** Decodes bytes of the dump from the encoding that it declares. */
  textOf(bytes: Buffer): string {
    return this.#dump.textOf(bytes);
  }

  /** Returns the key of the dump's `\restrict`. */
  get key(): string | undefined {
    return this.#dump.key;
  }

  /** Throws DumpMalformedError if the dump is not complete. */
  end(): PostgresScan {
    this.#dump.end();
    return {
      size: this.#dump.size,
      tables: [...this.#tables].map(([name, { rows, bytes, hash }]) => ({ name, rows, bytes, sha256: hash.digest('hex') })),
      sequences: this.#sequences,
      largeObjects: this.#largeObjects.end(),
      objects: this.#objects,
      foreignSchemas: [...this.#schemas.used].filter((name) => !this.#schemas.made.has(name)),
    };
  }

  line(text: Buffer): void {
    // objects are counted by statements; a string that looks like this comment adds at worst one schema to the list
    const line = this.#dump.textOf(text);
    this.#schema?.line(line);
    const [, name, type, schema] = /^-- Name: (.*); Type: ([A-Z ]+); Schema: (.*); Owner: /.exec(line) ?? [];
    if (type === 'SCHEMA' && name !== undefined) this.#schemas.made.add(name);
    else if (schema !== undefined && schema !== '-') this.#schemas.used.add(schema);
  }

  statement(text: Buffer): void {
    this.#schema?.statement(text, this.#dump);
    const beginning = text.toString('latin1', 0, beginningSize);
    const table = copiedTable(text, (bytes) => this.#dump.textOf(bytes));
    const before = this.#after;
    if (table === undefined) [this.#after, this.#copied] = [this.#dump.after, undefined];
    if (table !== undefined) this.#begin(table, text);
    else if (beginning.startsWith('SELECT pg_catalog.setval(')) this.#sequence(this.#dump.textOf(text));
    else if (beginning.startsWith('SELECT pg_catalog.lo')) this.#largeObjects.statement(text, before);
    else this.#object(beginning);
  }

  data(rows: Buffer): void {
    if (!this.#copying) return;
    this.#copying.hash.update(rows);
    this.#copying.bytes += rows.length;
    const count = countLineFeeds(rows);
    this.#copying.rows += count;
    if (this.#copied) this.#copied.rows += count;
  }

  endOfData(): void {
    this.#copying = undefined;
    this.#after = this.#dump.after;
    if (this.#copied) this.#copied.isOver = true;
  }

  /** Begins or continues a table: its rows can come in several COPY blocks, which count as one. */
  #begin(name: string, statement: Buffer): void {
    this.#copied = { after: this.#after, isOver: false, statement: Buffer.from(statement), rows: 0 };
    this.#copying = this.#tables.get(name) ?? { rows: 0, bytes: 0, hash: createHash('sha256') };
    this.#tables.set(name, this.#copying);
  }

  #sequence(statement: string): void {
    const parts = settingSequence.exec(statement);
    if (!parts?.[1] || !parts[2]) throw new DumpMalformedError(`the dump sets a sequence in a way that is not known: ${statement.slice(0, 60)}`);
    this.#sequences.push({ name: parts[1].replaceAll("''", "'"), value: parts[2], called: parts[3] === 'true' });
  }

  #object(beginning: string): void {
    if (beginning === 'BEGIN;' || beginning === 'COMMIT;') this.#largeObjects.isBegun = beginning === 'BEGIN;';
    const kind = making.exec(beginning)?.[1];
    if (kind !== undefined) this.#objects[kind] = (this.#objects[kind] ?? 0) + 1;
  }
}

/** Reader of everything in a dump but its rows. */
type Reader = Pick<SchemaText, 'line' | 'statement'>;

export async function scanOf(dump: AsyncIterable<Uint8Array>, schema?: SchemaText): Promise<PostgresScan> {
  const scanner = new PostgresScanner(schema);
  for await (const block of dump) scanner.write(block);
  return scanner.end();
}
