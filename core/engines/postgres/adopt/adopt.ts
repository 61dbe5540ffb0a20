import type { Scan } from '../../../documents/scan.ts';
import { DumpMalformedError } from '../../../errors.ts';
import type { ForeignDump, Work } from '../../engine.ts';
import { PostgresScanner } from '../script/scanner.ts';
import { ScriptFacts } from './script-facts.ts';

/** Longest statement, in bytes: no pg_dump writes one as long, and it is held in memory. */
const longestStatement = 256 * 1024 * 1024;

/** Reads a script of pg_dump. Only the script speaks of its source: versions, roles and extensions are those it names. */
export async function adopt(file: () => AsyncIterable<Uint8Array>, work: Work): Promise<ForeignDump> {
  const facts = new ScriptFacts();
  const scanner = new PostgresScanner(facts);
  let done = 0;
  for await (const chunk of file()) {
    scanner.write(chunk);
    if (scanner.waiting > longestStatement) throw new DumpMalformedError(`it has a statement of more than ${longestStatement} bytes`);
    done += chunk.byteLength;
    work.progress('dump', done);
  }
  const { foreignSchemas, ...learnt } = scanner.end();
  const { version, source } = facts.found(foreignSchemas);
  const scan: Scan = { format: 'sauvegarde-scan', version: 1, engine: 'postgres', product: { name: 'PostgreSQL', version }, ...learnt, source, warnings: [] };
  return { open: file, scan, [Symbol.asyncDispose]: async () => undefined };
}
