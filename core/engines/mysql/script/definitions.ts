import { createHash } from 'node:crypto';
import { shortened } from '../../server/shortened.ts';
import { withoutDefiner } from './definer.ts';
import { type Creation, creationOf, plainBeginning } from './known-statements.ts';

interface Made {
  kind: Creation['kind'];
  /** Of the statement that makes it, and of the settings that it is made under. */
  digest: string;
  /** A table's storage engine. */
  engine: string | undefined;
  /** When an event is over that its server then removes, in milliseconds since 1970; its zone is not told, so half a day off. */
  until: number | undefined;
}

/** What a definition is made under; the value as it was before stands in a user variable. */
const setting = /^SET (sql_mode|character_set_client|character_set_results|collation_connection|time_zone) ?= ?(.*)$/s;
/** Stands before a definition and after it. Where it is restored the database may have another name. */
const ofDatabase = /^ALTER DATABASE (?:`(?:[^`]|``)+` )?(CHARACTER SET .*)$/s;
/** The line that closes a table's columns. */
const options = /^\) (?:\/\*[^\n]*?)?ENGINE=(\w+)/gm;
/**
 * What a server writes or leaves out of the same definition: a column's character set, once its collation was named by a statement, and the database before a column of a view, when its definer is not there. Strings and names
 * are passed over.
 */
const optional = /'(?:[^'\\]|\\.|'')*'|(`(?:[^`]|``)*`\.)(?=`(?:[^`]|``)*`\.`)|`(?:[^`]|``)*`|( CHARACTER SET \w+)(?= COLLATE )/gs;
const ending = / ON SCHEDULE (?:AT|EVERY [^\n]*? ENDS) '([\d-]+) ([\d:.]+)' ON COMPLETION NOT PRESERVE /;
/** Of what is not as it was; each is a line. */
const mostNotes = 20;
const day = 24 * 60 * 60_000;

/**
 * Everything that a plain dump of mysqldump or mariadb-dump makes, by kind and name: of each a digest, some 200 bytes whatever its size. It is given the dump's comments and statements, as a PlainDump's visitor is. What
 * belongs to whom is left out when `withoutDefiners`.
 */
export class Definitions {
  readonly made = new Map<string, Made>();
  /** How many there are of each kind, as in a scan. */
  readonly numbers: Record<string, number> = {};
  /** Of the server that wrote the definitions: `9.7`. */
  version = '';
  readonly #settings = new Map<string, string>();
  readonly withoutDefiners: boolean;

  constructor({ withoutDefiners = false } = {}) {
    this.withoutDefiners = withoutDefiners;
  }

  comment(line: Buffer): void {
    if (this.version === '') this.version = /^-- Server version\t(\d+\.\d+)/.exec(line.toString('latin1', 0, 100))?.[1] ?? '';
  }

  statement(text: Buffer): void {
    const beginning = plainBeginning(text);
    const creation = creationOf(beginning);
    if (!creation) this.#setting(beginning);
    else if (creation.kind !== 'STAND-IN') this.#take(creation, this.withoutDefiners ? withoutDefiner(text) : text);
  }

  #setting(statement: string): void {
    const [, name, value = ''] = setting.exec(statement) ?? [];
    const [, database] = ofDatabase.exec(statement) ?? [];
    if (name !== undefined && !value.startsWith('@')) this.#settings.set(name, value);
    else if (name !== undefined) this.#settings.delete(name);
    else if (database !== undefined && !this.#settings.delete('database')) this.#settings.set('database', database);
  }

  #take({ kind, name }: Creation, text: Buffer): void {
    const hash = createHash('sha256').update(JSON.stringify([...this.#settings].sort()));
    const engine = kind === 'TABLE' ? [...text.toString('latin1').matchAll(options)].at(-1)?.[1] : undefined;
    const until = kind === 'EVENT' ? endOf(text.toString('latin1')) : undefined;
    this.made.set(`${kind} ${name}`, { kind, digest: hash.update(plain(kind, text)).digest('base64'), engine, until });
    this.numbers[kind] = (this.numbers[kind] ?? 0) + 1;
  }
}

function plain(kind: Creation['kind'], text: Buffer): Buffer | string {
  if (kind !== 'TABLE' && kind !== 'VIEW') return text;
  return text
    .toString('latin1')
    .replace(optional, (whole, database?: string, characterSet?: string) => ((database ?? characterSet) === undefined ? whole : ''));
}

function endOf(event: string): number | undefined {
  const [, date, time] = ending.exec(event) ?? [];
  return date === undefined ? undefined : Date.parse(`${date}T${time}Z`);
}

/** What is made beside tables and sequences, with its kind. */
export function othersIn({ made }: Definitions): string[] {
  return [...made].filter(([, { kind }]) => kind !== 'TABLE' && kind !== 'SEQUENCE').map(([name]) => name);
}

/** What differs between a dump's definitions and those of what it was restored into. */
export interface Changes {
  /** With their kinds: `VIEW person_view`. */
  missing: string[];
  added: string[];
  /** Sentences about what is there and is not as it was, or is not there because its time is over. */
  notes: string[];
}

/** How two dumps are compared. */
interface Comparing {
  /** Those that were dumped of the restored database; all when not given. */
  kinds?: ReadonlySet<Creation['kind']>;
  /** What a name is where it was restored, when cases of names are not told apart there; then texts, which hold names, are not compared. */
  told?: (name: string) => string;
}

/**
 * Compares by kind and name. Texts are compared when both servers are of the same version, and none refutes: they say what follows from a server's settings too. Another storage engine is told whatever the versions.
 */
export function changesBetween(dump: Definitions, restored: Definitions, { kinds, told }: Comparing = {}): Changes {
  const key = (name: string) => told?.(name) ?? name;
  const there = new Map([...restored.made].map(([name, made]) => [key(name), made]));
  const known = new Set([...dump.made.keys()].map(key));
  const isComparable = dump.version === restored.version && !told;
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
