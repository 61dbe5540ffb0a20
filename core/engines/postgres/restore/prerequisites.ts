import type { Scan } from '../../../documents/scan.ts';
import { settingOf } from '../dump/database-settings.ts';
import { identifier, literal } from '../sql-text.ts';
import type { Guard } from './guard.ts';
import type { Target } from './target.ts';

/** Lists schemas in which a dump makes objects, which it does not make itself, and which the target lacks. */
export function schemasMissing({ schemas }: Target, { source }: Scan): string[] {
  return (source?.schemas ?? []).filter((name) => !schemas.includes(name));
}

/**
 * Lists extensions of the source that the target lacks, if the dump makes none. pg_dump leaves out all extensions when
 * schemas or tables are chosen, though a table may need one.
 */
export function extensionsMissing({ extensions }: Target, { objects, source }: Scan): { name: string; schema: string }[] {
  if (objects.EXTENSION) return [];
  return (source?.extensions ?? []).filter(({ name }) => extensions[name]?.schema === null);
}

/** Puts the source's settings, and statements that make what is missing, in front of the script. */
export async function* afterMaking(
  target: Target,
  scan: Scan,
  { script, guard, roles }: { script: AsyncIterable<Uint8Array>; guard: Guard; roles: readonly string[] },
): AsyncGenerator<Uint8Array> {
  const statements = [
    ...roles,
    // definitions of the database may read its rows in its own zone; a setting may name an object that comes later
    ...(scan.source?.settings ?? []).map(settingOf).map(({ name, value }) => guard.setting(`SELECT set_config(${literal(name)}, ${literal(value)}, false)`)),
    ...schemasMissing(target, scan).map((name) => `CREATE SCHEMA ${identifier(name)};`),
    ...extensionsMissing(target, scan).map(statementMaking),
  ];
  if (statements.length > 0) yield Buffer.from(["SET client_encoding = 'UTF8';", 'SET client_min_messages = warning;', ...statements, ''].join('\n'));
  yield* script;
}

export function statementMaking({ name, schema }: { name: string; schema: string }): string {
  const within = ['public', 'pg_catalog'].includes(schema) ? '' : `CREATE SCHEMA IF NOT EXISTS ${identifier(schema)}; `;
  return `${within}CREATE EXTENSION ${identifier(name)} SCHEMA ${identifier(schema)};`;
}
