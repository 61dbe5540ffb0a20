import { createHash } from 'node:crypto';
import type { PlainDump } from './plain-dump.ts';

/** Comment that pg_dump writes above everything that it makes or fills. */
const header = /^-- (?:Data for )?Name: (.*); Type: ([A-Z ]+); Schema: (.*); Owner: /;
/** Types whose contents are compared elsewhere. One comment may stand for many large objects. */
const filled = /^(BLOB|TABLE DATA )/;
/**
 * Statements that this comparison skips. Rows, values of sequences and large objects are compared elsewhere;
 * transactions change nothing.
 */
const elsewhere = /^(COPY |SELECT pg_catalog\.|BEGIN;|COMMIT;)/;
/** pg_dump writes a SET whenever a value changes from one object to the next, so its count depends on their order. */
const setting = /^SET /;
/** Statements that may be shown. All others can hold a password, or contents. */
const showable = /^(GRANT |REVOKE |SET |ALTER DEFAULT PRIVILEGES |ALTER [A-Z ]+ .* OWNER TO )/s;
const longestShown = 200;

/** Types that are details of another object: privileges, comments, security labels. */
const details = /^(ACL|DEFAULT ACL|COMMENT|SECURITY LABEL) /;
/** Kind of an object, with which a detail's name begins: `MATERIALIZED VIEW` in `MATERIALIZED VIEW counted`. */
const kind = /^([A-Z]+ )*/;

/** Returns the object that pg_dump's comment above it names, with its kind: `TABLE public.person`. */
export function objectIn(line: string): string | undefined {
  const [, name, type, schema] = header.exec(line) ?? [];
  if (name === undefined || type === undefined) return undefined;
  const of = schema === '-' ? '' : `${schema}.`;
  return details.test(`${type} `) ? `${type} of ${name.replace(kind, (words) => words + of)}` : `${type} ${of}${name}`;
}

interface Statement {
  count: number;
  /** The object that it belongs to: `TABLE public.person`. */
  object: string;
  /** The statement itself, if it may be shown. */
  text: string | undefined;
  /** True if servers of all versions write it alike, which does not hold for expressions. */
  isPlain: boolean;
}

/**
 * Everything in a plain dump except its rows, as multisets of objects and statements. Keeps a digest and a name of each
 * statement, some 200 bytes whatever its size.
 */
export class SchemaText {
  readonly objects = new Map<string, number>();
  readonly statements = new Map<string, Statement>();
  #object = '';

  /** Takes a `--` comment. */
  line(text: string): void {
    const object = objectIn(text);
    if (object === undefined) return;
    this.#object = object;
    if (!filled.test(object)) this.objects.set(object, (this.objects.get(object) ?? 0) + 1);
  }

  statement(bytes: Buffer, dump: PlainDump): void {
    const beginning = bytes.toString('latin1', 0, 40);
    if (elsewhere.test(beginning)) return;
    const isSetting = setting.test(beginning);
    const object = isSetting ? '' : this.#object;
    const digest = createHash('sha256').update(object).update('\n').update(withoutStamp(bytes)).digest('base64');
    const known = this.statements.get(digest);
    if (known) known.count += isSetting ? 0 : 1;
    else this.statements.set(digest, { count: 1, object, ...shown(dump.textOf(bytes)) });
  }
}

/** Removes a number that a server writes anew into the options of each column: the newest minors of 17 do. */
function withoutStamp(statement: Buffer): Buffer {
  if (statement.toString('latin1', 0, 6) !== 'ALTER ' || !statement.includes('pg_attver=')) return statement;
  return Buffer.from(statement.toString('latin1').replace(/\bpg_attver=\d+(?=[,)][^']*$)/, 'pg_attver'), 'latin1');
}

function shown(text: string): Pick<Statement, 'text' | 'isPlain'> {
  const isShown = showable.test(text);
  return { text: isShown ? text.slice(0, longestShown) : undefined, isPlain: isShown || /^(COMMENT ON|SECURITY LABEL) /.test(text) };
}

export interface Lost {
  /** Objects that are missing, each with its kind: `INDEX public.person_name`. */
  objects: string[];
  /** Sentences about objects that are there and lack something: an owner, a privilege, a comment, a setting. */
  details: string[];
}

/**
 * Lists what the restored database lacks of the dump. Compares definitions by their text if servers of the same version
 * wrote both (`isSameVersion`), otherwise by name.
 */
export function lostFrom(dump: SchemaText, restored: SchemaText, isSameVersion: boolean): Lost {
  const lost = [...dump.objects].filter(([name, count]) => (restored.objects.get(name) ?? 0) < count).map(([name]) => name);
  const objects = lost.filter((name) => !details.test(name));
  const gone = new Set(objects);
  const sentences = [...dump.statements]
    .filter(([digest, { count, object }]) => (restored.statements.get(digest)?.count ?? 0) < count && !gone.has(object.replace(/^[A-Z ]+ of /, '')))
    .filter(([, { isPlain }]) => isPlain || isSameVersion)
    .map(([, { object, text }]) => (text === undefined ? `not restored as it was: ${object}` : `not restored: ${text}`));
  return { objects, details: [...new Set(sentences)] };
}
