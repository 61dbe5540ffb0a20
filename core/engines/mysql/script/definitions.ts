import { createHash } from 'node:crypto';
import { shortened } from '../../../documents/shortened.ts';
import { withoutDefiner } from './definer.ts';
import { type Creation, creationOf, plainBeginning } from './known-statements.ts';
import { withoutCounter } from './table-options.ts';

interface Made {
  kind: Creation['kind'];
  /** Digest of the statement that makes it, and of the settings under which it is made. */
  digest: string;
  /** Digest of the statement's own bytes, and of those settings. */
  original: string;
  /** Storage engine of a table. */
  engine: string | undefined;
  /**
   * Time after which the server removes an event, in milliseconds since 1970. Accurate to half a day, because its zone
   * is not known.
   */
  until: number | undefined;
}

/** Settings under which a definition is made; a user variable keeps the value from before. */
const setting = /^SET (sql_mode|character_set_client|character_set_results|collation_connection|time_zone) ?= ?(.*)$/s;
/** Stands both before a definition and after it. The database may have another name where it is restored. */
const ofDatabase = /^ALTER DATABASE (?:`(?:[^`]|``)+` )?(CHARACTER SET .*)$/s;
/** The line after a table's columns. */
const options = /^\) (?:\/\*[^\n]*?)?ENGINE=(\w+)/gm;
/**
 * Parts that servers write or leave out of the same definition: a column's character set, if a statement named its
 * collation; the database before a column of a view, if its definer is missing; and that a column has no history, which
 * stays when a table of MariaDB is to keep none any more. Strings and names are matched so that they are skipped.
 */
const optional =
  /'(?:[^'\\]|\\.|'')*'|(`(?:[^`]|``)*`\.)(?=`(?:[^`]|``)*`\.`)|`(?:[^`]|``)*`|( CHARACTER SET \w+)(?= COLLATE )|( WITHOUT SYSTEM VERSIONING)(?=,?\n)/gs;
/** A letter of four bytes, which servers show as a question mark where `dump/spelled-out.ts` has written it. */
const large = /[\xf0-\xf4][\x80-\xbf]{3}/g;
const keepsHistory = /\n\)[^\n]* WITH SYSTEM VERSIONING/;
const ending = / ON SCHEDULE (?:AT|EVERY [^\n]*? ENDS) '([\d-]+) ([\d:.]+)' ON COMPLETION NOT PRESERVE /;
/** Largest number of notes on differences; each is a line. */
const mostNotes = 20;
const day = 24 * 60 * 60_000;

/**
 * Everything that a plain dump of mysqldump or mariadb-dump makes, by kind and name. Keeps a digest of each, some 200
 * bytes whatever its size. Receives the dump's comments and statements, like a PlainDump's visitor. Ignores definers if
 * `withoutDefiners`.
 */
export class Definitions {
  readonly made = new Map<string, Made>();
  /** Number of objects of each kind, as in a scan. */
  readonly numbers: Record<string, number> = {};
  /** Version of the server that wrote the definitions, such as `9.7`. */
  version = '';
  readonly #settings = new Map<string, string>();
  readonly withoutDefiners: boolean;

  constructor({ withoutDefiners = false } = {}) {
    this.withoutDefiners = withoutDefiners;
  }

  comment(line: Buffer): void {
    if (this.version === '') this.version = /^-- Server version\t(\d+\.\d+)/.exec(line.toString('latin1', 0, 100))?.[1] ?? '';
  }

  /** Takes a statement as it is to be made, and as it stands in the dump. */
  statement(text: Buffer, original = text): void {
    const beginning = plainBeginning(text);
    const creation = creationOf(beginning);
    if (!creation) this.#setting(beginning);
    else if (creation.kind !== 'STAND-IN') this.#take(creation, this.withoutDefiners ? withoutDefiner(text) : text, original);
  }

  #setting(statement: string): void {
    const [, name, value = ''] = setting.exec(statement) ?? [];
    const [, database] = ofDatabase.exec(statement) ?? [];
    if (name !== undefined && !value.startsWith('@')) this.#settings.set(name, value);
    else if (name !== undefined) this.#settings.delete(name);
    else if (database !== undefined && !this.#settings.delete('database')) this.#settings.set('database', database);
  }

  #take({ kind, name }: Creation, text: Buffer, original: Buffer): void {
    const settings = JSON.stringify([...this.#settings].sort());
    const digestOf = (definition: Buffer | string) => createHash('sha256').update(settings).update(definition).digest('base64');
    const engine = kind === 'TABLE' ? [...text.toString('latin1').matchAll(options)].at(-1)?.[1] : undefined;
    const until = kind === 'EVENT' ? endOf(text.toString('latin1')) : undefined;
    this.made.set(`${kind} ${name}`, { kind, digest: digestOf(plain(kind, text)), original: digestOf(original), engine, until });
    this.numbers[kind] = (this.numbers[kind] ?? 0) + 1;
  }
}

/** Leaves out the parts of a definition that servers write or leave out. */
export function plain(kind: string, text: Buffer): Buffer | string {
  if (kind !== 'TABLE' && kind !== 'VIEW') return text;
  const definition = (kind === 'TABLE' ? withoutCounter(text) : text).toString('latin1');
  const isVersioned = keepsHistory.test(definition);
  const shown = kind === 'TABLE' ? definition.replace(large, '?') : definition;
  return shown.replace(optional, (whole, database?: string, characterSet?: string, unversioned?: string) =>
    (database ?? characterSet ?? (isVersioned ? undefined : unversioned)) === undefined ? whole : '',
  );
}

function endOf(event: string): number | undefined {
  const [, date, time] = ending.exec(event) ?? [];
  return date === undefined ? undefined : Date.parse(`${date}T${time}Z`);
}

/** Lists all objects but tables and sequences, each with its kind. */
export function othersIn({ made }: Definitions): string[] {
  return [...made].filter(([, { kind }]) => kind !== 'TABLE' && kind !== 'SEQUENCE').map(([name]) => name);
}

/** Digests of all definitions as they stand, by kind and name. */
export function digestsIn({ made }: Definitions): Record<string, string> {
  return Object.fromEntries([...made].map(([name, { original }]) => [name, original]));
}

/** Lists, as sentences, the definitions that a stored dump has otherwise than the dump that was scanned. */
export function alteredBetween(dumped: Readonly<Record<string, string>> | undefined, stored: Definitions): string[] {
  if (!dumped) return []; // the scan is older than these digests
  return [...stored.made].flatMap(([name, { original }]) =>
    dumped[name] === undefined || dumped[name] === original ? [] : [`the definition of ${name} is not the one that was dumped`],
  );
}

/** Differences between the definitions in a dump and those after restoring it. */
export interface Changes {
  /** Names, each with its kind: `VIEW person_view`. */
  missing: string[];
  added: string[];
  /** Sentences about objects that are different, or that are gone because their time is over. */
  notes: string[];
}

/** Options of a comparison. */
interface Comparing {
  /** Kinds that were dumped of the restored database; by default all. */
  kinds?: ReadonlySet<Creation['kind']>;
  /**
   * Maps a name to its form in the target, where names ignore case. Texts, which contain names, are then not compared.
   */
  canonicalName?: (name: string) => string;
}

/**
 * Compares by kind and name. Compares texts if both servers are of the same version; a different text refutes nothing,
 * because it also depends on a server's settings. Reports another storage engine whatever the versions are.
 */
export function changesBetween(dump: Definitions, restored: Definitions, { kinds, canonicalName }: Comparing = {}): Changes {
  const key = (name: string) => canonicalName?.(name) ?? name;
  const there = new Map([...restored.made].map(([name, made]) => [key(name), made]));
  const known = new Set([...dump.made.keys()].map(key));
  const isComparable = dump.version === restored.version && !canonicalName;
  const wanted = [...dump.made].filter(([, { kind }]) => kinds?.has(kind) ?? true);
  const gone = wanted.filter(([name]) => !there.has(key(name)));
  const over = gone.filter(([, { until }]) => until !== undefined && until < Date.now() + day).map(([name]) => name);
  const changed = wanted.flatMap(([name, was]) => {
    const is = there.get(key(name));
    if (is?.engine !== was.engine && is?.engine !== undefined) return [`${name} is kept by ${is.engine} instead of ${was.engine}`];
    return is && is.digest !== was.digest && isComparable ? [`not restored as it was: ${name}`] : [];
  });
  return {
    missing: gone.map(([name]) => name).filter((name) => !over.includes(name)),
    added: [...restored.made.keys()].filter((name) => !known.has(key(name))),
    notes: shortened([...changed, ...over.map((name) => `${name} was not made again: its time is over`)], mostNotes),
  };
}
