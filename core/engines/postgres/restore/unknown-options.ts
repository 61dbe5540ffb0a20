/**
 * PostgreSQL's messages about an option or setting that the server or one of its extensions does not know
 * (reloptions.c, guc.c, and foreign data wrappers), in English and in French.
 */
const refusal =
  /unrecognized (?:configuration parameter|parameter namespace|parameter) "([^"]+)"|unrecognized (?:publication|subscription) parameter: "([^"]+)"|(?:invalid option|option) "([^"]+)"(?: not recognized|$)|(?:param.tre(?: de configuration)?|option) «\s([^»]+)\s» (?:non reconnue?|invalide)|param.tre de (?:publication|souscription) non reconnu : «\s([^»]+)\s»/m;

/** Largest number of options that a restore leaves out; an error after that has another reason. */
const most = 50;

/** Strings, dollar quotes, quoted names, words, and single signs. */
const token = /[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|[A-Za-z_\x80-\uffff][\w$\x80-\uffff.]*|./gs;

/**
 * Options of tables, columns and indexes, and settings, that the source knew and the target's server does not. They are
 * no contents: some servers have options of their own, and newer ones have more. A restore leaves them out, and says
 * so.
 */
export class UnknownOptions {
  readonly #names = new Set<string>();

  /** Notes the option that a complaint names. Returns true if it is new, and another try is worthwhile. */
  learn(complaint: string): boolean {
    const name = refusal
      .exec(complaint)
      ?.slice(1)
      .find((each) => each !== undefined);
    if (name === undefined || this.#names.has(name) || this.#names.size >= most) return false;
    this.#names.add(name);
    return true;
  }

  get names(): string[] {
    return [...this.#names];
  }

  get notes(): string[] {
    return [...this.#names].map((name) => `the option ${name}, which the server does not know, was left out`);
  }

  /** Removes these options from a statement; undefined if nothing of it remains. */
  leftOutOf(statement: string): string | undefined {
    if (![...this.#names].some((name) => statement.includes(name))) return statement;
    if (this.#names.has(/^SET ([\w.]+) = /.exec(statement)?.[1] ?? '')) return undefined;
    const settings = statement.replace(/^ +SET ("(?:[^"]|"")*"|[\w.]+) TO .*\n/gm, (line, name: string) => (this.#has(name) ? '' : line));
    const lists = this.#withoutEntries(settings);
    return /^ALTER .* (?:SET|OPTIONS) \(\);$/s.test(lists) ? undefined : lists.replace(/\s+(?:WITH|OPTIONS) \(\)/g, '');
  }

  /** Removes the entries with these names from lists after WITH, SET or OPTIONS. An entry ends at a comma. */
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

  /** An option of a TOAST table is `toast.name`; servers name the option, or only its namespace. */
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

/** Finds the bracket that closes the one at this place. */
function closing(pieces: readonly string[], at: number): number {
  let depth = 0;
  for (let each = at; each < pieces.length; each++) {
    if (pieces[each] === '(') depth++;
    else if (pieces[each] === ')' && --depth === 0) return each;
  }
  return pieces.length;
}
