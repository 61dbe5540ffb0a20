import { createHash } from 'node:crypto';
import type { PlainDump } from './plain-dump.ts';

/** What pg_dump writes above everything that it makes. */
const header = /^-- Name: (.*); Type: ([A-Z ]+); Schema: (.*); Owner: /;
/** Rows, values of sequences and large objects are compared elsewhere; transactions and what sets the scene change nothing. */
const elsewhere = /^(COPY |SELECT pg_catalog\.|BEGIN;|COMMIT;)/;
/** Is written whenever what is next differs from what was before, so how often depends on the order. */
const setting = /^SET /;
/** These may be shown: other statements can hold a password, or contents. */
const showable = /^(GRANT |REVOKE |SET |ALTER DEFAULT PRIVILEGES |ALTER [A-Z ]+ .* OWNER TO )/s;
const longestShown = 200;

/** Who may do what, and remarks, are details of the object that they belong to. */
const details = /^(ACL|DEFAULT ACL|COMMENT|SECURITY LABEL) /;
/** A detail's name begins with the kind of its object: `MATERIALIZED VIEW counted`. */
const kind = /^([A-Z]+ )*/;

interface Statement {
  count: number;
  /** What it stands under: `TABLE public.person`. */
  object: string;
  /** Itself, when it may be shown. */
  text: string | undefined;
  /** Whether servers of different versions write it the same: they do not write expressions alike. */
  isPlain: boolean;
}

/** Everything of a plain dump but its rows, as multisets of objects and statements. Of a statement it keeps a digest and a name, some 200 bytes whatever its size. */
export class SchemaText {
  readonly objects = new Map<string, number>();
  readonly statements = new Map<string, Statement>();
  #object = '';

  /** A `--` comment. */
  line(text: string): void {
    const [, name, type, schema] = header.exec(text) ?? [];
    if (name === undefined || type === undefined) return;
    const of = schema === '-' ? '' : `${schema}.`;
    this.#object = details.test(`${type} `) ? `${type} of ${name.replace(kind, (words) => words + of)}` : `${type} ${of}${name}`;
    if (!type.startsWith('BLOB')) this.objects.set(this.#object, (this.objects.get(this.#object) ?? 0) + 1); // one comment may stand for many
  }

  statement(bytes: Buffer, dump: PlainDump): void {
    const beginning = bytes.toString('latin1', 0, 40);
    if (elsewhere.test(beginning)) return;
    const isSetting = setting.test(beginning);
    const object = isSetting ? '' : this.#object;
    const digest = createHash('sha256').update(object).update('\n').update(bytes).digest('base64');
    const known = this.statements.get(digest);
    if (known) known.count += isSetting ? 0 : 1;
    else this.statements.set(digest, { count: 1, object, ...shown(dump.textOf(bytes)) });
  }
}

function shown(text: string): Pick<Statement, 'text' | 'isPlain'> {
  const isShown = showable.test(text);
  return { text: isShown ? text.slice(0, longestShown) : undefined, isPlain: isShown || /^(COMMENT ON|SECURITY LABEL) /.test(text) };
}

export interface Lost {
  /** Objects that are not there, each with its kind: `INDEX public.person_name`. */
  objects: string[];
  /** Sentences about what is there and lacks something: an owner, a privilege, a comment, a setting. */
  details: string[];
}

/** What the restored database lacks of the dump. Definitions are compared by their text when both were written by servers of the same version (`isSameVersion`), and otherwise by name. */
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
