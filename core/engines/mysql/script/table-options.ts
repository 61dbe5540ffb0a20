/** A text or a name, which is skipped. */
const quoted = /'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`/;
const directory = /(?:DATA|INDEX) DIRECTORY ?= ?'(?:[^'\\]|\\.|'')*'/;
/** Tablespaces that somebody has made: each server has the other two. */
const tablespace = /TABLESPACE(?: ?= ?| )`(?!innodb_(?:system|file_per_table)`)(?:[^`]|``)*`/;
const place = new RegExp(`${directory.source}|\\/\\*!50100 ${tablespace.source} \\*\\/|${tablespace.source}`);
/** As MySQL writes it, and MariaDB. */
const encryption = /\/\*!80016 ENCRYPTION='Y' \*\/|`ENCRYPTED`='?YES'?|`ENCRYPTION_KEY_ID`='?\d+'?/;

/** MySQL takes no row of an ARCHIVE table below this number: a dump with it does not come back. Rows set it again. */
const counter = /(?<=ENGINE=ARCHIVE )AUTO_INCREMENT=\d+/;

/** A table's definition without some of its options, and those, as they stood. */
interface Without {
  table: Buffer;
  leftOut: string[];
}

/**
 * Leaves out of a table's definition where it lies: in a folder, or in a tablespace that somebody has made. Both are of
 * one machine. A server would refuse such a table, or write into a folder where the source keeps its own.
 */
export const withoutPlace = (table: Buffer): Without => without(table, place);

/** Leaves out of a table's definition that it is encrypted, which takes keys that are the source's. */
export const withoutEncryption = (table: Buffer): Without => without(table, encryption);

/** Leaves out of an ARCHIVE table's definition the number at which it goes on, which would refuse its own rows. */
export const withoutCounter = (table: Buffer): Buffer => without(table, counter).table;

/** Leaves out options as a server writes them, each behind a space. */
function without(table: Buffer, option: RegExp): Without {
  const leftOut: string[] = [];
  const token = new RegExp(` (${option.source})|${quoted.source}`, 'gis');
  const text = table.toString('latin1').replace(token, (whole, found?: string) => {
    if (found === undefined) return whole;
    leftOut.push(Buffer.from(found, 'latin1').toString());
    return '';
  });
  return { table: leftOut.length > 0 ? Buffer.from(text, 'latin1') : table, leftOut };
}

/** Returns an option for people, without the marks of a version. */
export function plainOption(option: string): string {
  return option.replaceAll(/^\/\*!\d+ | \*\/$/g, '');
}
