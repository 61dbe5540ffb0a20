import type { Flaw } from '../../../documents/flaw.ts';
import { complaintsIn } from '../connect/complaints.ts';
import { wordsOf } from '../failures.ts';
import { refusedRows, settingsOfRest } from '../restore/relaxed-table.ts';
import { type Place, RestoreScript } from '../restore/restore-script.ts';
import { identifier } from '../sql-text.ts';
import type { Failure, ProofContext } from './proof-context.ts';

/** MariaDB's error for a row that a CHECK refuses (ER_CONSTRAINT_FAILED). */
const refusedByCheck = 4025;

/**
 * Restores the tables again of which a statement was refused. CHECKs are off where a CHECK refused a row and the server
 * allows that; otherwise plain columns are made first, and the rest after the rows. Returns the flaws, and the tables
 * that could not be made even so.
 */
export async function restoreRefused(
  context: ProofContext,
  failures: readonly Failure[],
  places: Iterable<Place>,
): Promise<{ flaws: Flaw[]; failed: string[] }> {
  const first = new Map(failures.toReversed().map((failure) => [failure.place.name, failure]));
  if (first.size === 0) return { flaws: [], failed: [] };
  const { scratch, open } = context;
  const byCheck = new Set([...first].flatMap(([name, { number }]) => (number === refusedByCheck ? [name] : [])));
  await scratch.complaints(['SET SESSION foreign_key_checks = 0', ...[...first.keys()].map((name) => `DROP TABLE IF EXISTS ${identifier(name)}`)]);
  const without = new Set(
    [...places].flatMap(({ kind, name, sha256 }) => (kind === 'TABLE' && sha256 && first.has(name) && !byCheck.has(name) ? [sha256] : [])),
  );
  const script = new RestoreScript({
    keepsEngines: true,
    unencrypted: 'all',
    ignoresChecks: scratch.family === 'mariadb',
    without,
    only: new Set(first.keys()),
  });
  const { complaint } = await scratch.restore(script.from(open()), { force: true });
  const again = new Set(complaintsIn(complaint).flatMap(({ line }) => (script.places.get(line)?.kind === 'TABLE' ? [script.places.get(line)?.name] : [])));
  const isRounded = (name: string) => context.expected.omitted?.some((each) => each.includes(` of ${name} (float)`)) ?? false;
  const rounded = (name: string) => (isRounded(name) ? '. The dump rounds FLOAT columns of this table, which may be all that is wrong: make them DOUBLE' : '');
  const flaws: Flaw[] = [];
  for (const name of byCheck) flaws.push(flawOfCheck(name, script.tables.get(name) ?? '', first.get(name)?.said ?? '', rounded(name)));
  for (const { name, sha256, table } of script.relaxed.filter((each) => !again.has(each.name))) {
    const said = await scratch.complaints([settingsOfRest, ...table.later.map(({ sql }) => sql)]);
    const parts = table.later.flatMap((part, index) => (said.has(index + 1) ? [{ ...part, said: said.get(index + 1) ?? '' }] : []));
    for (const { what, finds, said: words } of parts)
      flaws.push({
        what: `${what} of TABLE ${name}: ${wordsOf(words)}`,
        remedy: `Mend the rows or the definition at the source${finds === undefined ? '' : `. These are the rows: ${finds};${bySetting}`}${rounded(name)}`,
        statement: sha256,
      });
    if (parts.length === 0)
      flaws.push({
        what: `TABLE ${name} comes back only if the rest of its definition is added after its rows: ${wordsOf(first.get(name)?.said ?? '')}`,
        remedy: `Mend the rows or the definition at the source, so that the rows could be inserted there again${rounded(name)}`,
        statement: sha256,
      });
  }
  return { flaws, failed: [...again].map((name) => `table ${name} could not be made here: ${wordsOf(first.get(name ?? '')?.said ?? '')}`) };
}

/** Advice for a query that finds no row. */
const bySetting =
  ' If there are none, the condition depends on a setting of the session that wrote them, such as time_zone or sql_mode: let it depend on the row alone.';

function flawOfCheck(name: string, text: string, said: string, rounded: string): Flaw {
  const finds = refusedRows(name, text);
  return {
    what: `CHECK of TABLE ${name}: rows violate it: ${wordsOf(said)}`,
    remedy: `Mend the rows or the CHECK at the source.${finds === undefined ? '' : ` These are the rows: ${finds};${bySetting}`} A restore by hand needs SET check_constraint_checks = 0 first${rounded}`,
  };
}
