import { type DatabaseOf, parseConfig } from '../../core/config/config.ts';
import type { Scan } from '../../core/documents/scan.ts';
import type { ProofResult, Work } from '../../core/engines/engine.ts';
import { mysqlEngine } from '../../core/engines/mysql/engine.ts';
import { Definitions, digestsIn } from '../../core/engines/mysql/script/definitions.ts';
import { scanOf } from '../../core/engines/mysql/script/scanner.ts';
import { piece, testWork } from './engine-work.ts';
import type { MysqlAddress } from './mysql-server.ts';
import type { Dumped } from './postgres-work.ts';

/**
 * Writes the URL of a database on a test server, as the address's user, by TLS with a verified certificate;
 * `parameters` replace that.
 */
export function mysqlUrl({ host, port, user, password, ca }: MysqlAddress, database: string, parameters: Record<string, string> = { 'ssl-ca': ca }): string {
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `mysql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(database)}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

/** Makes the configuration of a source, every default filled in. */
export function mysqlSource(url: string): DatabaseOf<'mysql'> {
  const { main } = parseConfig({ databases: { main: { engine: 'mysql', connection: { url } } } }, 'the test').databases;
  if (main?.engine !== 'mysql') throw new Error('no database is configured');
  return main;
}

/**
 * Dumps a database to the end and returns its bytes and its scan. Leaves out the accounts of the server unless they are
 * wanted: tests that share it make and drop theirs meanwhile.
 */
export async function mysqlDumpOf(url: string, work: Work = testWork(), { withAccounts = false } = {}): Promise<Dumped> {
  await using dumping = await mysqlEngine.dump(mysqlSource(url), work);
  const chunks: Uint8Array[] = [];
  for await (const chunk of dumping.bytes) chunks.push(chunk);
  const scan = dumping.scan();
  if (!withAccounts) delete scan.mysql?.globals;
  return { bytes: Buffer.concat(chunks), scan };
}

/** Proves a dump by restoring it into a scratch server. */
export function mysqlProof({ bytes, scan }: Dumped, work: Work = testWork()): Promise<ProofResult> {
  return mysqlEngine.prove(() => piece(bytes), scan, work);
}

/**
 * The dump with a scan of its own text: as if its source had been so. The server's own descriptions stay where the text
 * was changed in nothing that they describe.
 */
export async function rescanned({ bytes, scan }: Dumped, { staysDescribed = false } = {}): Promise<Dumped> {
  const { described, ...mysql } = scan.mysql ?? {};
  const definitions = new Definitions();
  const { longestStatement, ...found } = await scanOf(piece(bytes), definitions);
  const of = { ...mysql, ...(staysDescribed && { described }), longestStatement, definitions: digestsIn(definitions) };
  return { bytes, scan: { ...scan, ...found, mysql: of as NonNullable<Scan['mysql']> } };
}
