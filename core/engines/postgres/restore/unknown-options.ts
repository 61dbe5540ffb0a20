/** In PostgreSQL's words, an option or setting that a server or an extension of it does not know (reloptions.c, guc.c, and what foreign data wrappers say). */
const refusal =
  /unrecognized (?:configuration parameter|parameter namespace|parameter) "([^"]+)"|unrecognized (?:publication|subscription) parameter: "([^"]+)"|(?:invalid option|option) "([^"]+)"(?: not recognized|$)/m;

/** As many a restore does without; what still fails then has another reason. */
const most = 50;

/** Strings, dollar quotes, quoted names, words, and single signs. */
const token = /[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|[A-Za-z_\x80-\uffff][\w$\x80-\uffff.]*|./gs;

/**
 * Options of tables, columns, indexes and the like, and settings, that the source knew and the server that a dump is restored into does not. They are no contents: servers keep some for themselves, and newer ones have more.
 * A restore leaves them out, and says so.
 */
export class UnknownOptions {
  readonly #names = new Set<string>();

  /** Whether a complaint names one that was not known to be unknown: then it is worth another try. */
  learn(complaint: string): boolean {
    const name = refusal
      .exec(complaint)
      ?.slice(1)
      .find((each) => each !== undefined);
    if (name === undefined || this.#names.has(name) || this.#names.size >= most) return false;
    this.#names.add(name);
    return true;
  }

  get notes(): string[] {
    return [...this.#names].map((name) => `the option ${name}, which the server does not know, was left out`);
  }

  /** The statement without them; undefined when nothing is left of it. */
  leftOutOf(statement: string): string | undefined {
    if (![...this.#names].some((name) => statement.includes(name))) return statement;
    if (this.#names.has(/^SET ([\w.]+) = /.exec(statement)?.[1] ?? '')) return undefined;
    const settings = statement.replace(/^ +SET ("(?:[^"]|"")*"|[\w.]+) TO .*\n/gm, (line, name: string) => (this.#has(name) ? '' : line));
    const lists = this.#withoutEntries(settings);
    return /^ALTER .* (?:SET|OPTIONS) \(\);$/s.test(lists) ? undefined : lists.replace(/\s+(?:WITH|OPTIONS) \(\)/g, '');
  }

  /** Lists that follow WITH, SET or OPTIONS, without the entries that have these names. An entry ends at a comma. */
  #withoutEntries(statement: string): string {
    const pieces = statement.match(token) ?? [];
    const kept: string[] = [];
    for (let at = 0; at < pieces.length; at++) {
      kept.push(pieces[at] ?? '');
      if (pieces[at] !== '(' || !/^(?:WITH|SET|OPTIONS)$/.test(wordBefore(pieces, at))) continue;
      const end = closing(pieces, at);
      kept.push(this.#entries(pieces.slice(at + 1, end)));
      at = end - 1;
    }
    return kept.join('');
  }

  #entries(pieces: string[]): string {
    const entries: string[][] = [[]];
    for (const piece of pieces) {
      if (piece === ',') entries.push([]);
      else entries.at(-1)?.push(piece);
    }
    const left = entries.filter((entry) => !this.#has(entry.find((piece) => piece.trim() !== '') ?? ''));
    return left.length === entries.length
      ? pieces.join('')
      : left
          .map((entry) => entry.join(''))
          .join(',')
          .trim();
  }

  /** An option of a TOAST table is `toast.name`; servers name it, or only its namespace. */
  #has(written: string): boolean {
    const name = written.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"');
    const [namespace = '', own = ''] = name.split('.');
    return this.#names.has(name) || (own !== '' && (this.#names.has(own) || this.#names.has(namespace)));
  }
}

function wordBefore(pieces: readonly string[], at: number): string {
  for (let each = at - 1; each >= 0; each--) if (pieces[each]?.trim() !== '') return pieces[each] ?? '';
  return '';
}

/** Where the bracket at this place is closed. */
function closing(pieces: readonly string[], at: number): number {
  let depth = 0;
  for (let each = at; each < pieces.length; each++) {
    if (pieces[each] === '(') depth++;
    else if (pieces[each] === ')' && --depth === 0) return each;
  }
  return pieces.length;
}
