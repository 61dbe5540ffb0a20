import type { Scan } from '../../documents/scan.ts';
import { identifier } from './psql-text.ts';
import type { Target } from './target.ts';

/** Schemas that a dump makes objects in, does not make itself, and the target does not have. */
export function schemasMissing({ schemas }: Target, { source }: Scan): string[] {
  return (source?.schemas ?? []).filter((name) => !schemas.includes(name));
}

/** The script, after statements that make these schemas. */
export async function* afterMaking(schemas: string[], script: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (schemas.length > 0) yield Buffer.from(["SET client_encoding = 'UTF8';", ...schemas.map((name) => `CREATE SCHEMA ${identifier(name)};`), ''].join('\n'));
  yield* script;
}
