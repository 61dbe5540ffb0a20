import type { Scan } from '../../../documents/scan.ts';
import type { RestoreScript } from '../restore/restore-script.ts';
import { linesOf, textOf } from '../restore/run-script.ts';
import { identifier, literal } from '../sql-text.ts';
import { type ScratchDatabase, superuser } from './scratch-database.ts';

function concernsTriggers({ statement }: RestoreScript['later'][number]): boolean {
  return /^(?:CREATE|ALTER|COMMENT ON) EVENT TRIGGER /.test(statement.toString('latin1', 0, 40));
}

/**
 * Runs the statements that were put off, one by one, as the superuser, and returns their complaints. Only superusers
 * may own event triggers; nobody can log in as the source's roles. Hides the warning that nothing can be replicated
 * from here.
 */
export async function runDeferred(scratch: ScratchDatabase, later: RestoreScript['later'], { source }: Scan): Promise<string[]> {
  if (later.length === 0) return [];
  const statements = [
    "SET client_encoding = 'UTF8';",
    'SET client_min_messages = error;',
    ...(source?.roles ?? []).map((role) => `ALTER ROLE ${identifier(role)} SUPERUSER;`),
    `SET client_encoding = ${literal(source?.encoding ?? 'UTF8')};`,
  ];
  async function* script() {
    yield* textOf(statements);
    // event triggers would fire on other statements; none fires on statements about event triggers
    const inOrder = later.toSorted((one, other) => Number(concernsTriggers(one)) - Number(concernsTriggers(other)));
    for (const { statement } of inOrder) yield Buffer.concat([statement, Buffer.from('\n')]);
  }
  return linesOf((await scratch.run(script(), { user: superuser, whole: false })).complaint);
}
