import { randomBytes } from 'node:crypto';
import { asItWas, textTable } from './text-table.ts';
import { UnknownOptions } from './unknown-options.ts';

/** Setting of the session that lists the statements that were refused, with their objects and reasons, as JSON. */
const refused = 'sauvegarde.refused';

/**
 * Wraps statements so that the server refuses one without ending the transaction. `retry` tries those again, until none
 * runs any more, and then with a search path; a warning names the rest.
 * Statements are bytes as Latin-1. The quotes are random: no statement can end them.
 */
export class Guard {
  readonly #tag = `g${randomBytes(12).toString('hex')}`;
  /** Search path, as SQL writes it. */
  readonly path: string;
  readonly #options: UnknownOptions;

  /** An option that the server does not know, and that is not among these, ends the transaction: it can be left out. */
  constructor(path: string, options = new UnknownOptions()) {
    this.path = path;
    this.#options = options;
  }

  /** Wraps a statement that is tried again later. */
  statement(statement: string, object: string): string {
    const list = `coalesce(nullif(current_setting('${refused}', true), ''), '[]')::jsonb || jsonb_build_array(jsonb_build_array(${this.#text(object)}, statement, SQLERRM))`;
    return this.#block(
      `DECLARE statement text := ${this.#text(statement)}; BEGIN EXECUTE statement; EXCEPTION WHEN OTHERS THEN PERFORM set_config('${refused}', (${list})::text, false); END`,
    );
  }

  /** Wraps a REFRESH, which may ask for rows of another server. */
  refresh(statement: string, object: string): string {
    return this.#block(
      `BEGIN EXECUTE ${this.#text(statement)}; EXCEPTION WHEN OTHERS THEN RAISE WARNING '% could not be filled: %', ${this.#text(object)}, SQLERRM; END`,
    );
  }

  /** Sets a setting if it can be set. */
  setting(statement: string): string {
    return this.#block(`BEGIN EXECUTE ${this.#text(statement)}; EXCEPTION WHEN OTHERS THEN NULL; END`);
  }

  /** Makes a table of text in place of one that does not take its rows. Keeps the other if something needs it. */
  textTable(name: string, columns: readonly string[]): string {
    const rename = `ALTER TABLE ${name} RENAME TO "${asItWas(name).replaceAll('"', '""')}"`;
    return this.#block(
      `BEGIN BEGIN EXECUTE ${this.#text(`DROP TABLE IF EXISTS ${name}`)}; EXCEPTION WHEN OTHERS THEN EXECUTE ${this.#text(rename)}; END; EXECUTE ${this.#text(textTable(name, columns))}; END`,
    );
  }

  /** Makes a table of text unless the table of a COPY is there. */
  table(name: string, columns: readonly string[]): string {
    return this.#block(
      `BEGIN IF to_regclass(${this.#text(name)}) IS NULL THEN EXECUTE ${this.#text(textTable(name, columns))}; RAISE WARNING 'the rows of % are in columns of text: the table itself could not be made', ${this.#text(name)}; END IF; END`,
    );
  }

  /** Tries again everything that was refused. */
  retry(): string {
    return this.#block(`DECLARE waiting jsonb := coalesce(nullif(current_setting('${refused}', true), ''), '[]'); again jsonb := '[]'; each jsonb; path text; statement text;
BEGIN
  FOREACH path IN ARRAY ARRAY['', ${this.#text(this.path)}] LOOP
    LOOP
      EXIT WHEN waiting = '[]';
      again := '[]';
      FOR each IN SELECT value FROM jsonb_array_elements(waiting) LOOP
        statement := each->>1;
        BEGIN
          PERFORM set_config('search_path', path, false);
          EXECUTE statement;
          PERFORM pg_catalog.set_config('search_path', '', false); -- nothing else of ours runs with another path
        EXCEPTION WHEN OTHERS THEN again := again || jsonb_build_array(jsonb_set(each, '{2}', to_jsonb(SQLERRM)));
        END;
      END LOOP;
      EXIT WHEN jsonb_array_length(again) = jsonb_array_length(waiting);
      waiting := again;
    END LOOP;
  END LOOP;
  PERFORM set_config('${refused}', '', false);
  FOR each IN SELECT value FROM jsonb_array_elements(waiting) LOOP
    IF each->>2 ~ '^(unrecognized .*parameter|invalid option|option ")' AND NOT EXISTS (SELECT FROM unnest(${this.#names()}) name WHERE strpos(each->>2, '"' || name || '"') > 0) THEN RAISE EXCEPTION '%', each->>2; END IF;
    RAISE WARNING 'left out: %: %', each->>0, each->>2;
  END LOOP;
END`);
  }

  #names(): string {
    return `ARRAY[${this.#options.names.map((name) => this.#text(name)).join(', ')}]::text[]`;
  }

  #text(text: string): string {
    return `$${this.#tag}t$${text}$${this.#tag}t$`;
  }

  #block(body: string): string {
    return `DO $${this.#tag}$ ${body} $${this.#tag}$;`;
  }
}
