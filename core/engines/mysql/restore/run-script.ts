import { start } from '../../../bytes/tool.ts';
import type { Work } from '../../engine.ts';
import { feed, type ScriptRun } from '../../server/script-run.ts';
import type { Access } from '../connect/access.ts';
import { clientOf, type Family } from '../family.ts';

/**
 * In binary mode the clients carry out none of their own commands but DELIMITER, and leave carriage returns and zeros as they are. MariaDB's can be told so twice, and would repeat a statement that failed, with all its
 * rows.
 */
const options: Record<Family, string[]> = {
  mysql: ['--binary-mode', '--local-infile=0'],
  mariadb: ['--binary-mode', '--local-infile=0', '--sandbox', '--skip-print-query-on-error'],
};

interface ScriptOptions {
  family: Family;
  access: Access;
  /** Without one none is used. */
  database?: string;
  /** Goes on after errors; each is a line of the complaint. */
  force?: boolean;
}

/** Feeds a script to the family's client. It stops at the first error unless told otherwise. */
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
  return feed(start(client, args, { env: { LC_ALL: 'C' }, signal, stdin: 'pipe' }), script);
}

/** Statements as a script. */
export async function* textOf(statements: readonly string[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(statements.map((statement) => `${statement};\n`).join(''));
}
