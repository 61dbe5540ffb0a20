import { start } from '../../../bytes/tool.ts';
import type { Work } from '../../engine.ts';
import { feed, type ScriptRun } from '../../server/script-run.ts';
import type { Access } from '../connect/access.ts';
import { clientOf, type Family } from '../family.ts';

/**
 * Options under which the clients carry out none of their own commands but DELIMITER, and keep carriage returns and
 * zeros. MariaDB's client has a second switch against commands, and would otherwise repeat a failed statement with all
 * its rows.
 */
const options: Record<Family, string[]> = {
  mysql: ['--binary-mode', '--local-infile=0'],
  mariadb: ['--binary-mode', '--local-infile=0', '--sandbox', '--skip-print-query-on-error'],
};

/** Longest part of the complaints that is kept if the client goes on after errors, in characters. */
const mostComplaints = 4 * 1024 * 1024;

interface ScriptOptions {
  family: Family;
  access: Access;
  /** Database to use; none by default. */
  database?: string;
  /** Goes on after errors, each of which is a line of the complaint. */
  force?: boolean;
}

/** Feeds a script to the family's client. Stops at the first error unless `force` is set. */
export async function runScript(
  { tools, signal }: Pick<Work, 'tools' | 'signal'>,
  script: AsyncIterable<Uint8Array>,
  { family, access, database, force = false }: ScriptOptions,
): Promise<ScriptRun> {
  const client = await tools.client(clientOf[family], signal);
  const args = [
    ...access.argumentsFor(family),
    ...options[family],
    '--batch',
    '--skip-reconnect',
    '--connect-timeout=20',
    '--max-allowed-packet=1G',
    ...(force ? ['--force'] : []),
    ...(database === undefined ? [] : [`--database=${database}`]),
  ];
  return feed(start(client, args, { env: { LC_ALL: 'C' }, signal, stdin: 'pipe', ...(force && { mostComplaint: mostComplaints }) }), script);
}

/** Joins statements into a script. */
export async function* textOf(statements: readonly string[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(statements.map((statement) => `${statement};\n`).join(''));
}
