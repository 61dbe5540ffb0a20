import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlainDump } from '../../../../../core/engines/mysql/script/plain-dump.ts';
import { DumpMalformedError } from '../../../../../core/errors.ts';
import { awkwardDump, type DumpTool, dumpText, inserts } from '../../../../support/mysql-dump-text.ts';
import { inPieces } from '../../../../support/streams.ts';

const tools: DumpTool[] = ['MySQL', 'MariaDB'];

/** What a reader was told, rows put together again. */
function readIn(chunks: Buffer[], strict = false): string[] {
  const told: string[] = [];
  let rows: Buffer[] = [];
  let count = 0;
  const reader = new PlainDump(
    {
      comment: (text) => told.push(`comment ${text.toString('latin1')}`),
      statement: (text, delimiter) => told.push(`statement ${text.toString('latin1')}${delimiter}`),
      insert: (table) => told.push(`insert ${table}`),
      data: (piece, ended) => {
        rows.push(Buffer.from(piece));
        count += ended;
      },
      endOfData: () => {
        told.push(`${count} rows ${Buffer.concat(rows).toString('latin1')}`);
        [rows, count] = [[], 0];
      },
    },
    { strict },
  );
  for (const chunk of chunks) reader.write(chunk);
  reader.end();
  return told;
}

const bytesOf = (text: string) => Buffer.from(text, 'latin1');

describe.each(tools)('an awkward dump of %s', (tool) => {
  const dump = bytesOf(awkwardDump(tool));
  const whole = readIn([dump]);

  it('is read into its statements, comments and rows', () => {
    expect(whole.filter((each) => / rows /.test(each)).map((each) => Number.parseInt(each, 10))).toEqual([3, 2, 1, 1, 1, 2]);
    expect(whole.filter((each) => each.startsWith('insert '))).toEqual([
      'insert t',
      'insert t',
      ...Array(3).fill('insert we`ird\nDump completed\n; \'"é'),
      'insert t',
    ]);
    const bodies = whole.filter((each) => each.startsWith('statement ') && each.endsWith(';;'));
    expect(bodies.map((each) => /TRIGGER|PROCEDURE|FUNCTION|LIBRARY|EVENT/.exec(each)?.[0])).toEqual([
      'TRIGGER',
      'PROCEDURE',
      'FUNCTION',
      ...(tool === 'MySQL' ? ['LIBRARY', 'LIBRARY'] : []),
      'EVENT',
    ]);
    expect(whole.find((each) => each.includes('TRIGGER'))).toMatch(/END \*\/;;$/);
    expect(whole.filter((each) => /^statement (?:\/\*!\d+ )?(CREATE|DROP|SET|LOCK|UNLOCK|ALTER|DO|SELECT) ?/.test(each)).length).toBe(
      whole.filter((each) => each.startsWith('statement ')).length,
    );
  });

  it('reads the same when cut anywhere, strictly or not', () => {
    for (let cut = 1; cut < dump.length; cut++) expect(readIn([dump.subarray(0, cut), dump.subarray(cut)], cut % 2 === 1)).toEqual(whole);
  });

  it.each([1, 2, 3, 5, 64])('reads the same in pieces of %i bytes', (size) => {
    expect(readIn(inPieces(dump, size))).toEqual(whole);
    expect(readIn(inPieces(dump, size), true)).toEqual(whole);
  });

  it('reads the same in pieces of any sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: dump.length }), { maxLength: 60 }), (cuts) => {
        const borders = [0, ...cuts.sort((a, b) => a - b), dump.length];
        expect(readIn(borders.slice(1).map((border, index) => dump.subarray(borders[index], border)))).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it('that was cut short is no dump, wherever', () => {
    for (let length = 0; length < dump.length; length++) expect(() => readIn([dump.subarray(0, length)])).toThrow(DumpMalformedError);
  });

  it('is none when anything but white space follows', () => {
    expect(readIn([dump, Buffer.from('\n \r\n\t')])).toEqual(whole);
    for (const more of ['-', '-- x\n', 'SET NAMES utf8mb4;', '\0', ';', 'x', '\\', 'INSERT INTO `t` VALUES (1);'])
      expect(() => readIn([dump, Buffer.from(more)]), more).toThrow(DumpMalformedError);
    expect(() => readIn([dump, dump])).toThrow(DumpMalformedError);
  });
});

it.each(['-- Dump completed\n', '-- Dump completed on 2026-11-22  5:00:00\n'])('%j closes a dump', (line) => {
  expect(readIn([bytesOf(dumpText('MySQL', '').replace(/-- Dump completed.*\n/, line))]).at(-1)).toBe(`comment ${line.trim()}`);
});

it.each(['-- Dump completed', '-- Dump\n', '-- Dump complete\n', '-- Dump completed by\n', '/* Dump completed */\n', ''])('%j does not', (line) => {
  expect(() => readIn([bytesOf(dumpText('MySQL', '').replace(/-- Dump completed.*\n/, line))])).toThrow(DumpMalformedError);
});

it('the closing line closes nothing before the settings are restored', () => {
  const text = dumpText('MySQL', '');
  expect(() => readIn([bytesOf(text.replace('/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;', ''))])).toThrow('not complete');
});

it.each(['-- x\n', 'UNLOCK TABLES;\n', 'INSERT INTO `t` VALUES (1);\n'])('nothing may stand between: %j is refused', (more) => {
  const text = dumpText('MySQL', '').replace('SQL_NOTES=@OLD_SQL_NOTES */;\n', (setting) => setting + more);
  expect(() => readIn([bytesOf(text)])).toThrow(DumpMalformedError);
});

it('mariadb-dump 11.8 restores another setting last', () => {
  const text = dumpText('MariaDB', '').replace('/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;', '/*M!100616 SET NOTE_VERBOSITY=@OLD_NOTE_VERBOSITY */;');
  expect(readIn([bytesOf(text)])).toContain('statement /*M!100616 SET NOTE_VERBOSITY=@OLD_NOTE_VERBOSITY */;');
});

const body = (text: string) => `DELIMITER ;;\nCREATE PROCEDURE \`p\`() ${text}\n;;\nDELIMITER ;\n`;

describe.each(tools)('in a dump of %s', (tool) => {
  it.each([
    ['a shell', '\\! id\n'],
    ['a shell, by name', 'system id\n'],
    ['another file', 'source /etc/passwd\n'],
    ['another file, briefly', '\\. /etc/passwd\n'],
    ['another file, ended', 'source /etc/passwd;\n'],
    ['a character set', '\\C gbk\n'],
    ['a command after a statement', 'UNLOCK TABLES; \\! id\n'],
    ['a command in a statement', 'LOCK TABLES `t` \\! WRITE;\n'],
    ['a command in a versioned comment', '/*!40000 ALTER TABLE `t` \\! id DISABLE KEYS */;\n'],
    ['a command in a body', body('SELECT 1; \\! id')],
    ['the sandbox switch, later', '/*M!999999\\- enable the sandbox mode */\n'],
    ['another delimiter', 'DELIMITER //\nSELECT 1//\n'],
    ['a delimiter that is a command', 'DELIMITER \\!\n'],
    ['tee', 'tee /tmp/x\n;'],
    ['a query', 'SELECT LOAD_FILE(0x41);\n'],
    ['a file', "SELECT 1 INTO OUTFILE '/tmp/x';\n"],
    ['LOAD DATA', "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE `t`;\n"],
    ['another database', 'USE `mysql`;\n'],
    ['a new database', 'CREATE DATABASE `x`;\n'],
    ['an account', "CREATE USER 'x'@'%';\n"],
    ['a right', "GRANT ALL ON *.* TO 'x'@'%';\n"],
    ['a global setting', 'SET GLOBAL event_scheduler=ON;\n'],
    ['a global setting, otherwise', 'SET @@global.event_scheduler=ON;\n'],
    ['a global setting after others', 'SET @OLD_SQL_MODE=@@SQL_MODE, GLOBAL event_scheduler=1;\n'],
    ['a setting that no tool changes', 'SET sql_log_bin=0;\n'],
    ['a setting from a query', 'SET @saved_x=(SELECT LOAD_FILE(0x41));\n'],
    ['a shared library', "DELIMITER ;;\nCREATE FUNCTION `f` RETURNS STRING SONAME 'x.so';;\nDELIMITER ;\n"],
    ['a plugin', "INSTALL PLUGIN x SONAME 'x.so';\n"],
    ['a body where none can be', 'CREATE PROCEDURE `p`() SELECT 1;\n'],
    ['a table among bodies', 'DELIMITER ;;\nCREATE TABLE `t` (a int);;\nDELIMITER ;\n'],
    ['rows among bodies', 'DELIMITER ;;\nINSERT INTO `t` VALUES (1);;\nDELIMITER ;\n'],
    ['rows of a query', 'INSERT INTO `t` SELECT 1;\n/*!40000 ALTER TABLE `t` ENABLE KEYS */;\n'],
    ['a DROP of all', 'DROP DATABASE `shop`;\n'],
    ['a second table to drop', 'DROP TABLE IF EXISTS `a`, `b`;\n'],
    ['an empty statement', ';\n'],
    ['a NUL', '\0\n;'],
  ])('%s is refused', (_, text) => {
    for (const size of [7, 100_000]) expect(() => readIn(inPieces(bytesOf(dumpText(tool, text)), size), true)).toThrow(DumpMalformedError);
  });

  it('the same in a string, a comment or a row is not', () => {
    const harmless = `${inserts(tool, 't', ["('\\\\! id\nsystem id\nsource x;\n\\. x')"])}-- \\! id\n-- system id\n${body("SELECT '\\\\! id'; /* \\! id */ -- \\! id\n# \\! id\n")}`;
    expect(readIn([bytesOf(dumpText(tool, harmless))], true).filter((each) => each.includes('\\! id')).length).toBe(3);
  });
});

it.each(['', '-- PostgreSQL database dump\n', '-- a comment\n-- MySQL dump 10\n', 'SET NAMES utf8mb4;\n', `${'x'.repeat(2000)}`])(
  '%j is no dump of either tool',
  (beginning) => {
    expect(() => readIn([bytesOf(beginning + dumpText('MySQL', '').replace(/^.*\n/, ''))])).toThrow(DumpMalformedError);
  },
);
