import { RefusedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import type { Access } from '../connect/access.ts';
import { runQueries } from '../connect/run-queries.ts';
import type { Family } from '../family.ts';

/** Variables of MySQL under which a table without a primary key is refused, or gets one that it never had. */
const variables = ['sql_require_primary_key', 'sql_generate_invisible_primary_key'] as const;

/**
 * Returns the session variables, with their values, under which a restore makes tables without a primary key as they
 * were. Throws RefusedError if the server would give them one and the user may not turn that off: the copy would be
 * another one than the backup.
 */
export async function primaryKeysAsTheyAre(
  place: { family: Family; access: Access; database: string },
  work: Pick<Work, 'tools' | 'signal'>,
): Promise<Record<string, string>> {
  if (place.family !== 'mysql') return {};
  const isOn = new Set<string>();
  // an older server knows neither
  await runQueries(
    variables.map((name) => `SELECT @@SESSION.${name}`),
    work,
    place,
    ([row], index) => {
      if (row?.[0] === '1') isOn.add(variables[index] as string);
    },
  );
  const names = variables.filter((name) => isOn.has(name));
  const refused = await runQueries(
    names.map((name) => `SET SESSION ${name} = 0`),
    work,
    place,
    () => undefined,
  );
  const left = names.filter((_, index) => refused.has(index));
  if (left.includes('sql_generate_invisible_primary_key'))
    throw new RefusedError(
      'the server gives each table without a primary key one of its own (sql_generate_invisible_primary_key = ON), which the backup has not, and the user may not turn that off. Set it OFF on the server while you restore, or restore as a user with SESSION_VARIABLES_ADMIN',
    );
  return Object.fromEntries(names.filter((name) => !left.includes(name)).map((name) => [name, '0']));
}
