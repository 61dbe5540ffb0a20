import type { Scan } from '../../../documents/scan.ts';
import { DumpMalformedError } from '../../../errors.ts';
import { isKnown } from '../script/known-statements.ts';
import type { PlainDump } from '../script/plain-dump.ts';
import { skeletonOf } from '../script/skeleton.ts';

/** A role as pg_dump writes it. */
const role = '(?:"(?:[^"]|"")+"|[a-z_\\x80-\\uffff][\\w$\\x80-\\uffff]*)';
const roles = `${role}(?:, ${role})*`;

/** Statements that name roles, with the part that names them. */
const naming: { form: RegExp; as: 'owners' | 'definitionRoles' | 'grantees' }[] = [
  { form: new RegExp(`^ALTER .* OWNER TO (${role});$`, 's'), as: 'owners' },
  { form: new RegExp(`^SET SESSION AUTHORIZATION (${role});$`), as: 'grantees' },
  { form: new RegExp(`^(?:GRANT|REVOKE) .* (?:TO|FROM) (${roles})(?: WITH GRANT OPTION)?(?: GRANTED BY (${role}))?;$`, 's'), as: 'grantees' },
  { form: new RegExp(`^ALTER DEFAULT PRIVILEGES FOR ROLE (${role}) .* (?:TO|FROM) (${roles})(?: WITH GRANT OPTION)?;$`, 's'), as: 'grantees' },
  { form: new RegExp(`^CREATE POLICY ${role} ON \\S+(?: AS \\w+)?(?: FOR \\w+)? TO (${roles})(?: USING| WITH CHECK|;)`), as: 'definitionRoles' },
  { form: new RegExp(`^CREATE USER MAPPING FOR (${role}) `), as: 'definitionRoles' },
];
/** Words in the places of roles, and roles that every server has. */
const everywhere = /^(?:public|PUBLIC|DEFAULT|pg_\w+|current_user|session_user)$/;

const extending = new RegExp(`^CREATE EXTENSION IF NOT EXISTS (${role}) WITH SCHEMA (${role});$`);
const encoding = /^SET client_encoding = '(\w+)';$/;
const versionLine = /^-- Dumped from database version (\d+(?:\.\d+)*)/;
/** Bytes of a statement in which names of roles are looked for. */
const readFrom = 64 * 1024;

/** Learns from a script of pg_dump what it needs in the server where it is restored. */
export class ScriptFacts {
  #version = '';
  #encoding = 'UTF8';
  readonly #roles = { owners: new Set<string>(), definitionRoles: new Set<string>(), grantees: new Set<string>() };
  readonly #extensions: NonNullable<Scan['source']>['extensions'] = [];

  line(text: string): void {
    if (this.#version === '') this.#version = versionLine.exec(text)?.[1] ?? '';
    if (/^\\(?!restrict |unrestrict |\.)/.test(text))
      throw new DumpMalformedError(`it has a command of psql (${text.slice(0, 40)}); dump one database without --create, and without pg_dumpall`);
  }

  statement(bytes: Buffer, dump: PlainDump): void {
    const bytewise = bytes.toString('latin1');
    if (!isKnown(bytewise))
      throw new DumpMalformedError(
        `it has a statement that pg_dump writes only with options such as --create, or does not write: ${skeletonOf(bytewise).slice(0, 60)}. Load it into an empty database, and adopt a dump of that by pg_dump without such options`,
      );
    const text = dump.textOf(bytes.subarray(0, readFrom));
    this.#encoding = encoding.exec(text)?.[1] ?? this.#encoding;
    const [, name, schema] = extending.exec(text) ?? [];
    if (name !== undefined && schema !== undefined) this.#extensions.push({ name: unquoted(name), version: '', schema: unquoted(schema) });
    for (const { form, as } of naming)
      for (const list of form.exec(text)?.slice(1) ?? [])
        for (const [each] of (list ?? '').matchAll(new RegExp(role, 'g'))) if (!everywhere.test(each)) this.#roles[as].add(unquoted(each));
  }

  /**
   * Returns the facts. `schemas` are those that the script uses and does not make. Throws DumpMalformedError if it does
   * not tell its version.
   */
  found(schemas: readonly string[]): { version: string; source: NonNullable<Scan['source']> } {
    if (this.#version === '') throw new DumpMalformedError('it does not say of which version of PostgreSQL it is');
    const { owners, definitionRoles, grantees } = this.#roles;
    const others = schemas.filter((name) => name !== 'public' && !this.#extensions.some(({ schema }) => schema === name));
    return {
      version: this.#version,
      source: {
        encoding: this.#encoding,
        collation: 'unknown',
        roles: [...new Set([...owners, ...definitionRoles, ...grantees])],
        owners: [...owners],
        definitionRoles: [...definitionRoles],
        extensions: this.#extensions,
        ...(others.length > 0 && { schemas: others }),
      },
    };
  }
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
