import { describe, expect, it } from 'vitest';
import { complaintsIn } from '../../../../../core/engines/mysql/connect/complaints.ts';
import { relaxedTable } from '../../../../../core/engines/mysql/restore/relaxed-table.ts';
import { withDoubles, withPlainNumbers } from '../../../../../core/engines/mysql/script/json-values.ts';
import { sumsOf } from '../../../../../core/engines/mysql/script/row-sums.ts';
import { textOfValue, valuesOf } from '../../../../../core/engines/mysql/script/row-values.ts';
import { tableText } from '../../../../../core/engines/mysql/script/table-text.ts';
import { piece } from '../../../../support/engine-work.ts';
import { dumpText, inserts } from '../../../../support/mysql-dump-text.ts';

const odd = `CREATE TABLE \`t, (\` (
  \`id\` int(11) NOT NULL AUTO_INCREMENT COMMENT 'an AUTO_INCREMENT, \`x\` float,\\n  \`y\` int',
  \`a
, b\` enum('','it''s',') CHARSET=x') CHARACTER SET latin1 DEFAULT NULL,
  \`v\` varchar(9) DEFAULT 'GENERATED ALWAYS AS (',
  \`w\` varchar(9) CHARACTER SET ucs2 COLLATE ucs2_general_ci GENERATED ALWAYS AS (concat(\`v\`,'),\n')) STORED,
  PRIMARY KEY (\`id\`),
  UNIQUE KEY \`k\` (\`v\`(3),\`w\` DESC),
  CONSTRAINT \`fk\` FOREIGN KEY (\`id\`) REFERENCES \`other\` (\`id\`),
  CONSTRAINT \`c\` CHECK (\`id\` > 0 and \`v\` <> ')')
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=cp1250 COMMENT='x'
 PARTITION BY RANGE (\`id\`)
(PARTITION p VALUES LESS THAN (9),
 PARTITION q VALUES LESS THAN MAXVALUE)`;

describe('the text of a table', () => {
  it('is divided into columns, keys and the rest, whatever they are called', () => {
    const text = tableText(odd);

    expect(text?.columns.map(({ name, type, characterSet, isGenerated }) => [name, type, characterSet, isGenerated])).toEqual([
      ['id', 'int', undefined, false],
      ['a\n, b', 'enum', 'latin1', false],
      ['v', 'varchar', 'cp1250', false],
      ['w', 'varchar', 'ucs2', true],
    ]);
    expect(text?.others.map((other) => other.split(' ')[0])).toEqual(['PRIMARY', 'UNIQUE', 'CONSTRAINT', 'CONSTRAINT']);
    expect(text?.tail).toMatch(/^\) ENGINE=InnoDB .*MAXVALUE\)$/s);
  });

  it('gives a table that takes every row, and the rest for later', () => {
    const { creation, later } = relaxedTable('t, (', odd) ?? { creation: '', later: [] };

    expect(creation).not.toMatch(/PRIMARY|UNIQUE|CONSTRAINT|`w`|NOT NULL AUTO_INCREMENT/);
    expect(creation).toMatch(/`id` int\(11\) NOT NULL COMMENT 'an AUTO_INCREMENT.*\n\) ENGINE=InnoDB[^\n]*$/s);
    expect(later.map(({ what }) => what.split(' ').slice(0, 2).join(' '))).toEqual([
      'column w',
      'PRIMARY KEY',
      'UNIQUE KEY',
      'CONSTRAINT `c`',
      'CONSTRAINT `fk`',
      'AUTO_INCREMENT of',
      'partitions',
    ]);
    expect(later.at(-1)?.sql).toMatch(/^ALTER TABLE `t, \(` PARTITION BY .*MAXVALUE\)$/s);
    expect(later[2]?.finds).toBe('SELECT `v`,`w`, COUNT(*) FROM `t, (` GROUP BY `v`,`w` HAVING COUNT(*) > 1');
    expect(later[3]?.finds).toBe("SELECT * FROM `t, (` WHERE NOT (`id` > 0 and `v` <> ')')");
    expect(later[0]?.sql).toMatch(/^ALTER TABLE `t, \(` ADD COLUMN `w` .* AFTER `v`$/s);
  });

  it.each(['CREATE TABLE `t` (\n  `a` int,\n  PERIOD FOR SYSTEM_TIME (`b`, `c`)\n) ENGINE=InnoDB', 'CREATE TABLE t (a int)', ''])(
    'that cannot be taken apart stays as it is: %j',
    (text) => {
      expect(relaxedTable('t', text)).toBeUndefined();
    },
  );
});

describe('values', () => {
  it('of a row are split, and strings read', () => {
    const row = Buffer.from(String.raw`(1,'a, (b)\'\\',NULL,0x00,'it''s',_binary 'x\n',-0)`);

    expect(valuesOf(row).map(String)).toEqual(['1', String.raw`'a, (b)\'\\'`, 'NULL', '0x00', "'it''s'", String.raw`_binary 'x\n'`, '-0']);
    expect(valuesOf(row).map(textOfValue)).toEqual([undefined, "a, (b)'\\", undefined, undefined, "it's", 'x\n', undefined]);
  });

  it.each([
    ['1.10', '1.1'],
    ['100', '1e2'],
    ['-0.0', '0'],
    ['0.000', '-0e5'],
    ['1.5E+3', '1500.00'],
    ['{"1.10": "1.10", "n": [1.0]}', '{"1.10": "1.10", "n": [1]}'],
  ])('in JSON are equal that are written otherwise: %s, %s', (one, other) => {
    expect(withPlainNumbers(one)).toBe(withPlainNumbers(other));
  });

  it.each([
    ['1.10', '1.11'],
    ['"1.10"', '"1.1"'],
    ['18446744073709551615', '18446744073709551616'],
    ['0.12345678901234567890', '0.12345678901234568'],
    ['-1', '1'],
    ['1e1', '1e10'],
  ])('in JSON differ that are others: %s, %s', (one, other) => {
    expect(withPlainNumbers(one)).not.toBe(withPlainNumbers(other));
  });

  it('in JSON are equal as doubles where only the digits behind differ', () => {
    expect(withDoubles('[0.12345678901234567890]')).toBe(withDoubles('[0.12345678901234568]'));
    expect(withDoubles('[0.1234567890123]')).not.toBe(withDoubles('[0.1234567890124]'));
  });

  it.each(['MySQL', 'MariaDB'] as const)('of a dump of %s have the same sum if they are equal', async (tool) => {
    const sum = async (rows: string[], as?: 'values') => {
      const table = 'CREATE TABLE `t` (\n  `d` double,\n  `doc` json\n) ENGINE=InnoDB;\n';
      return (await sumsOf(piece(Buffer.from(dumpText(tool, table + inserts(tool, 't', rows)))), ['t'], { as })).get('t');
    };
    const [one, other, third] = [
      ['(-0,\'{\\"a\\": 1.10}\')', "(1,'1')"],
      ["(1,'1.0')", '(0,\'{\\"a\\": 1.1}\')'],
      ["(1,'1.0')", '(0,\'{\\"a\\": 1.2}\')'],
    ] as const;

    expect(await sum([...one], 'values')).toBe(await sum([...other], 'values'));
    expect(await sum([...one], 'values')).not.toBe(await sum([...third], 'values'));
    expect(await sum([...one])).not.toBe(await sum([...other]));
  });
});

it('the errors of a script are told apart by their lines, and a message may have several', () => {
  const text =
    "ERROR 1146 (42S02) at line 4: Table 'd.x' doesn't exist\n--------------\nERROR 1064 (42000) at line 8: near 'z w;\nEND' at line 3\n\nERROR 2006 at line 9: gone";

  expect(complaintsIn(text)).toMatchObject([
    { line: 4, number: 1146 },
    { line: 8, number: 1064, said: "ERROR 1064 (42000): near 'z w;\nEND' at line 3" },
    { line: 9, number: 2006 },
  ]);
});
