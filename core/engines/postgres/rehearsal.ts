import { buffer } from 'node:stream/consumers';
import { compress, decompress } from '../../bytes/compress.ts';
import { Meter } from '../../bytes/meter.ts';
import { type Config, parseConfig } from '../../config.ts';
import { rowsOf, type Scan } from '../../documents/scan.ts';
import { BackupRefutedError, ToolFailedError } from '../../errors.ts';
import type { Work } from '../engine.ts';
import { dump } from './dump.ts';
import { prove } from './prove.ts';
import { ScratchServer } from './scratch-server.ts';
import { runScript } from './script-run.ts';

/** What a rehearsal consists of, in this order. */
export const rehearsalParts = ['scratch server', 'dump', 'proof'] as const;

/** Some of what a dump must carry well. */
const sample = `
  CREATE TABLE person (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, born date, photo bytea);
  INSERT INTO person (name, born, photo) SELECT 'Zoë ' || n, date '1970-01-01' + n, decode(md5(n::text), 'hex') FROM generate_series(1, 1000) n;
  CREATE TABLE visit (person int NOT NULL REFERENCES person, at timestamptz NOT NULL, note text);
  INSERT INTO visit SELECT n, timestamptz '2026-01-01 00:00Z' + n * interval '1 hour', CASE WHEN n % 2 = 0 THEN E'tab\\t and \\\\.' END FROM generate_series(1, 500) n;
`;

/**
 * Goes through a whole backup without a source, a vault or a catalogue: a scratch server with a small database, its dump through scanner, compressor and meter, and its proof in another scratch server. Gives for each of
 * `rehearsalParts` what came of it, and throws what such a backup would throw; a proof that finds anything at all is a BackupRefutedError.
 */
export async function* rehearse(work: Omit<Work, 'reveal'>): AsyncGenerator<string, void, void> {
  await using server = await ScratchServer.start({ launch: await work.tools.server('postgres', work.signal), scratch: work.scratch, signal: work.signal });
  yield 'a PostgreSQL server was started, with its data and socket in the temporary folder';

  const onServer = { ...work, signal: AbortSignal.any([work.signal, server.ended]), reveal: async () => addressOf(server) };
  const { scan, stored } = await dumped(server, onServer);
  yield `${scan.product.name} ${scan.product.version}, ${scan.tables.length} tables with ${rowsOf(scan)} rows of a sample: ${stored.length} bytes`;

  const { differences, unproven } = await prove(() => decompress(piece(stored), 'zstd'), scan, onServer);
  const found = [...differences, ...unproven];
  if (found.length > 0) throw new BackupRefutedError(`the sample database did not come back as it was: ${found.join('; ')}`);
  yield 'the sample was restored in a second scratch server, and all of it came back';
}

/** Makes the sample on a server and dumps it. */
async function dumped(server: ScratchServer, work: Work): Promise<{ scan: Scan; stored: Buffer }> {
  const psql = await work.tools.client('psql', work.signal);
  const made = await runScript(psql, server.environment, piece(Buffer.from(sample)), { whole: true, signal: work.signal });
  if (made.status !== 0) throw new ToolFailedError(`the sample database could not be made: ${made.complaint}`);
  await using dumping = await dump(sourceAt(addressOf(server)), work);
  const stored = await buffer(new Meter().measure(compress(dumping.bytes, 'zstd')));
  return { scan: dumping.scan(), stored };
}

function addressOf({ host, port, user }: ScratchServer): string {
  return `postgres:///postgres?host=${encodeURIComponent(host)}&port=${port}&user=${user}`;
}

/** With every default filled in. */
function sourceAt(url: string): Extract<Config['databases'][string], { engine: 'postgres' }> {
  const { sample } = parseConfig({ databases: { sample: { engine: 'postgres', connection: { url } } } }, 'the rehearsal').databases;
  if (sample?.engine !== 'postgres') throw new TypeError('a PostgreSQL database was configured');
  return sample;
}

async function* piece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
