/** A string or a name, which is skipped; or, as a server writes it, an option that places a table or a partition. */
const token =
  / (?:DATA|INDEX) DIRECTORY ?= ?'(?:[^'\\]|\\.|'')*'| \/\*!50100 TABLESPACE (`(?:[^`]|``)*`) \*\/| TABLESPACE ?= ?(`(?:[^`]|``)*`)|'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`/gs;

/** Tablespaces that each server has. */
const everywhere: ReadonlySet<string | undefined> = new Set(['`innodb_system`', '`innodb_file_per_table`']);

/**
 * Leaves out of a table's definition where it lies: in a folder, or in a tablespace that somebody has made. Both are of
 * one machine. A server would refuse such a table, or write into a folder where the source keeps its own.
 */
export function tableHere(table: Buffer): { table: Buffer; leftOut: string[] } {
  if (!table.includes(' DIRECTORY') && !table.includes(' TABLESPACE ')) return { table, leftOut: [] };
  const leftOut: string[] = [];
  const text = table.toString('latin1').replace(token, (whole, general?: string, ofPartition?: string) => {
    if (!whole.startsWith(' ') || everywhere.has(general ?? ofPartition)) return whole;
    leftOut.push(Buffer.from(whole.replace(/^ \/\*!50100|\*\/$/g, '').trim(), 'latin1').toString());
    return '';
  });
  return { table: Buffer.from(text, 'latin1'), leftOut };
}
