import type { Scan } from '../../../documents/scan.ts';
import { DumpMalformedError } from '../../../errors.ts';
import type { Foreign, ForeignDump, Work } from '../../engine.ts';
import { digestsIn, othersIn } from '../script/definitions.ts';
import { MysqlScanner } from '../script/scanner.ts';
import { Rewritten } from './rewritten.ts';
import { ScriptFacts } from './script-facts.ts';

/**
 * Reads a dump of mysqldump or mariadb-dump. Only the dump speaks of its source: its product is the one that it names.
 * The bytes that are kept lack what no dump of ours has.
 */
export async function adopt({ read }: Foreign, work: Work): Promise<ForeignDump> {
  const facts = new ScriptFacts();
  const scanner = new MysqlScanner(facts);
  let done = 0;
  try {
    const rewritten = new Rewritten();
    for await (const chunk of rewritten.from(read())) {
      scanner.write(chunk);
      done += chunk.byteLength;
      work.progress('dump', done);
    }
    const { longestStatement, ...found } = scanner.end();
    const { product, source } = facts.found();
    // the proof's dump must write values as this one does
    const options = rewritten.writesHexadecimal ? [] : ['--skip-hex-blob'];
    const mysql = { ...source, options, size: found.size, others: othersIn(facts), definitions: digestsIn(facts), longestStatement };
    const scan: Scan = { format: 'sauvegarde-scan', version: 1, engine: 'mysql', product, ...found, mysql, warnings: [] };
    return { open: () => new Rewritten().from(read()), scan, [Symbol.asyncDispose]: async () => undefined };
  } catch (error) {
    if (!(error instanceof DumpMalformedError) || !/ has a statement that /.test(error.message)) throw error;
    throw new DumpMalformedError(`${error.message}. Adopt a dump of one database, without --databases and --all-databases`, {
      cause: error,
    });
  }
}
