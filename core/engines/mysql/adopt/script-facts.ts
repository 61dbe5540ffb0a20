import type { Scan } from '../../../documents/scan.ts';
import { DumpMalformedError } from '../../../errors.ts';
import { type Family, productOf } from '../family.ts';
import { Definitions } from '../script/definitions.ts';
import { plainBeginning } from '../script/known-statements.ts';

const definer = /^CREATE [^`'"]*?DEFINER ?= ?`((?:[^`]|``)+)`@`((?:[^`]|``)*)`/;
const zone = /^SET TIME_ZONE ?= ?'([^']*)'/i;
const hosted = /^-- Host: .* Database: (\S+)/;
const served = /^-- Server version\t(\S+)/;

/** Collations of databases, which a dump does not name: the products' defaults. Its tables name their own. */
const collations: Record<Family, string> = { mysql: 'utf8mb4_0900_ai_ci', mariadb: 'utf8mb4_general_ci' };

type Source = Omit<NonNullable<Scan['mysql']>, 'options' | 'size'>;

/** Learns from a dump which product it is of, and what it needs in the server where it is restored. */
export class ScriptFacts extends Definitions {
  #database = '';
  #server = '';
  readonly #definers = new Set<string>();
  readonly #zones = new Set<string>();

  override comment(line: Buffer): void {
    super.comment(line);
    const text = line.toString('utf8', 0, 1024);
    if (this.#database === '') this.#database = hosted.exec(text)?.[1] ?? '';
    if (this.#server === '') this.#server = served.exec(text)?.[1] ?? '';
  }

  override statement(text: Buffer): void {
    super.statement(text);
    const beginning = plainBeginning(text);
    const [, user, host] = definer.exec(beginning) ?? [];
    if (user !== undefined && host !== undefined) this.#definers.add(latin1(`${user}@${host}`.replaceAll('``', '`')));
    const named = zone.exec(beginning)?.[1];
    if (named !== undefined && named !== 'SYSTEM' && !/^[+-]/.test(named)) this.#zones.add(named);
  }

  /** Returns the facts. Throws DumpMalformedError if the dump does not say of which server it is. */
  found(): { product: { name: string; version: string }; source: Source } {
    if (this.#server === '') throw new DumpMalformedError('it does not say of which server it is; dump without --skip-comments');
    const family: Family = /mariadb/i.test(this.#server) ? 'mariadb' : 'mysql';
    const source = {
      database: this.#database === '' ? 'adopted' : this.#database,
      characterSet: 'utf8mb4',
      collation: collations[family],
      lowerCaseTableNames: 0,
      sqlMode: '',
      definers: [...this.#definers].sort(),
      zones: [...this.#zones].sort(),
    };
    return { product: { name: productOf[family], version: this.#server.replace(/-.*$/, '') }, source };
  }
}

function latin1(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
