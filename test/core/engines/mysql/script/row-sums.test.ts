import { describe, expect, it } from 'vitest';
import { sumsOf } from '../../../../../core/engines/mysql/script/row-sums.ts';
import { type DumpTool, dumpText, inserts } from '../../../../support/mysql-dump-text.ts';
import { inPieces, streamOf } from '../../../../support/streams.ts';

const tools: DumpTool[] = ['MySQL', 'MariaDB'];

describe.each(tools)('the sums of a dump of %s', (tool) => {
  const sums = (tuples: string[], { each = 3, size = 100_000 } = {}) =>
    sumsOf(streamOf(inPieces(Buffer.from(dumpText(tool, inserts(tool, 't', tuples, each) + inserts(tool, 'u', ['(1)']))), size)), ['t']);
  const tuples = ['(1,NULL)', "(2,'),(')", "(3,';\\n\\'')", '(4,0x27)', "(5,'\"')"];

  it('are the same for the same rows in any order, in any INSERTs and pieces', async () => {
    const expected = await sums(tuples);
    expect([...expected.keys()]).toEqual(['t']);
    expect(await sums(tuples.toReversed())).toEqual(expected);
    for (const size of [1, 2, 3, 50]) expect(await sums(tuples, { each: 2, size })).toEqual(expected);
  });

  it.each([
    ['a value that differs', ['(1,NULL)', "(2,'),(x')"]],
    ['a row that is missing', ['(1,NULL)']],
    ['a row that comes twice', ['(1,NULL)', "(2,'),(')", "(2,'),(')"]],
  ])('are others for %s', async (_, others) => {
    const before = await sums(['(1,NULL)', "(2,'),(')"]);
    expect(await sums(others)).not.toEqual(before);
  });
});
