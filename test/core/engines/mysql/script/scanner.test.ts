import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type MysqlScan, MysqlScanner } from '../../../../../core/engines/mysql/script/scanner.ts';
import { awkwardDump, type DumpTool, dumpText, inserts, separatorOf } from '../../../../support/mysql-dump-text.ts';
import { inPieces } from '../../../../support/streams.ts';

const tools: DumpTool[] = ['MySQL', 'MariaDB'];
const sha256 = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex');

function scanOf(dump: Buffer, size = 65_536): MysqlScan {
  const scanner = new MysqlScanner();
  for (const piece of inPieces(dump, size)) scanner.write(piece);
  return scanner.end();
}

describe.each(tools)('the scan of a dump of %s', (tool) => {
  const separator = separatorOf(tool);

  it('has the tables in the order of the dump, the empty ones too, and counts what it makes', () => {
    const dump = Buffer.from(awkwardDump(tool), 'latin1');
    const scan = scanOf(dump);
    expect(scan.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['t', 7],
      ['we`ird\nDump completed\n; \'"é', 3],
      ['empty', 0],
    ]);
    expect(scan.tables[1]).toMatchObject({ sha256: sha256(`(1)${separator}(2)${separator}(NULL)${separator}`), bytes: 12 + 3 * separator.length });
    expect(scan.sequences).toEqual([
      { name: 's', value: '-9', called: false },
      { name: 's2', value: '7', called: true },
    ]);
    expect(scan.objects).toEqual({ TABLE: 3, SEQUENCE: 1, VIEW: 1, TRIGGER: 1, PROCEDURE: 1, FUNCTION: 1, EVENT: 1, ...(tool === 'MySQL' && { LIBRARY: 2 }) });
    expect(scan.size).toBe(dump.length);
    for (const size of [1, 13, 1000]) expect(scanOf(dump, size)).toEqual(scan);
  });

  it('does not depend on how rows are shared out among INSERTs', () => {
    const tuples = Array.from({ length: 60 }, (_, index) => `(${index},'text ${index}')`);
    const expected = { name: 't', rows: 60, sha256: sha256(tuples.map((tuple) => tuple + separator).join('')) };
    for (const each of [1, 7, 59, 60]) {
      expect(scanOf(Buffer.from(dumpText(tool, inserts(tool, 't', tuples, each)))).tables).toMatchObject([expected]);
    }
  });

  it('tells tables apart that differ in one value, in the order of rows, or in a row', () => {
    const digest = (...tuples: string[]) => scanOf(Buffer.from(dumpText(tool, inserts(tool, 't', tuples)))).tables[0]?.sha256;
    const digests = [digest('(1)', '(2)'), digest('(2)', '(1)'), digest('(1)', '(3)'), digest('(1)'), digest('(1)', '(2)', '(2)'), digest("('1),(2')")];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('has a row of 100 MB as one row, in bounded memory', () => {
    const scanner = new MysqlScanner();
    const [before, after] = dumpText(tool, "INSERT INTO `t` VALUES ('HERE');\n").split('HERE') as [string, string];
    scanner.write(Buffer.from(before));
    const part = Buffer.alloc(1024 * 1024 - 1, "\\\\),(\\';\\n"); // its borders fall anywhere in an escape
    const held = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const start = held();
    let most = 0;
    for (let megabyte = 0; megabyte < 99; megabyte++) {
      scanner.write(part.subarray(0, 9 * 116_508));
      most = Math.max(most, held() - start);
    }
    scanner.write(Buffer.from(after));
    expect(scanner.end().tables).toMatchObject([{ name: 't', rows: 1, bytes: 99 * 9 * 116_508 + 4 + separator.length }]);
    expect(most).toBeLessThan(30_000_000);
  });
});

it('a comment makes nothing', () => {
  const fakes = '-- CREATE TABLE `x` (a int);\n--\n-- CREATE DEFINER=`a`@`b` PROCEDURE `p`()\n--\n';
  expect(scanOf(Buffer.from(dumpText('MySQL', fakes)))).toMatchObject({ tables: [], objects: {} });
});
