import { setTimeout as pause } from 'node:timers/promises';
import type { Flaw } from '../../../documents/flaw.ts';
import { SourceCorruptError, SourceUnreachableError } from '../../../errors.ts';
import { counted } from '../../../figures.ts';
import type { MysqlScanner } from '../script/scanner.ts';
import { identifier } from '../sql-text.ts';

/** A table behind whose first rows the server could not read. */
export interface DamagedTable {
  name: string;
  /** Rows that are in the dump. */
  rows: number;
  reason: string;
}

/** Largest number of damaged tables: each costs another run of the tool, and of MySQL a start of the server. */
const most = 10;

/** Pause between two attempts to reach a server that has ended itself, in milliseconds. */
const betweenAttempts = 1000;

/** Seconds by which a server's whole seconds since its start can be ahead. */
const rounding = 1;

interface Source {
  /** Runs the tool without these tables and sequences. */
  dump(without: readonly string[]): AsyncIterable<Uint8Array>;
  /** Reads all rows of a table, and throws what the tool throws. */
  read(table: string): Promise<void>;
  /** Connects, and returns the number of seconds since the server started. */
  uptime(): Promise<number>;
  /** Longest wait for a server that has ended itself, in milliseconds. */
  startPatience: number;
  /** Writes the triggers of a table, if the tool writes those of the others. */
  triggersOf(table: string): string;
  /** Told of a damaged table before anything else is read. */
  found(damaged: DamagedTable): Promise<void>;
}

/**
 * Yields a dump that goes on behind tables with damaged pages: with what the tool wrote of them before it stopped, and
 * then with another run of it, without the tables that are there already. Those are of a later moment than the others.
 * The scanner must have got all that was yielded. A server of MySQL ends itself at a damaged page; a table is read once
 * more before it is called damaged, since a server can end for other reasons.
 */
export async function* behindDamage(source: Source, scanner: MysqlScanner, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const begun = performance.now();
  for (let number = 0; ; number++) {
    try {
      const without = number === 0 ? [] : scanner.names;
      yield* number === 0 ? source.dump(without) : withoutSwitch(source.dump(without));
      return;
    } catch (error) {
      const table = scanner.last;
      const isNamed = table !== undefined && (error as Error).message.includes(table);
      if (!isNamed || number >= most || !scanner.canGoOn || !(await isDamaged(source, { table, error, begun, signal }))) throw error;
      const damaged = {
        name: table,
        rows: scanner.rowsOf(table),
        reason: (error as Error).message.replace(/\. (?:If the server itself ended|Restore the table) .*/s, ''),
      };
      await source.found(damaged);
      const end = `${scanner.isFilling ? ';\n' : ''}/*!40000 ALTER TABLE ${identifier(table)} ENABLE KEYS */;\nCOMMIT;\n${source.triggersOf(table)}`;
      yield Buffer.from(end + scanner.standIns.map((view) => `/*!50001 DROP VIEW IF EXISTS ${identifier(view)}*/;\n`).join(''));
    }
  }
}

async function isDamaged(
  { read, uptime, startPatience }: Source,
  { table, error, begun, signal }: { table: string; error: unknown; begun: number; signal: AbortSignal },
) {
  if (error instanceof SourceCorruptError) return true;
  // the server can have ended at this table
  if (!(error instanceof SourceUnreachableError) || !/ when dumping table /.test(error.message)) return false;
  const isBack = async () => (await started(uptime, startPatience, signal)) <= (performance.now() - begun) / 1000 + rounding;
  if (!(await isBack())) return false;
  try {
    await read(table);
    return false;
  } catch (again) {
    if (!(again instanceof SourceUnreachableError || again instanceof SourceCorruptError)) throw error;
    await started(uptime, startPatience, signal);
    return true;
  }
}

/** Waits until the server is there. Returns Infinity if it does not come. */
async function started(uptime: Source['uptime'], patience: number, signal: AbortSignal): Promise<number> {
  for (const until = performance.now() + patience; performance.now() < until; ) {
    try {
      return await uptime();
    } catch (error) {
      if (!(error instanceof SourceUnreachableError)) return Number.POSITIVE_INFINITY;
      await pause(betweenAttempts, undefined, { signal });
    }
  }
  return Number.POSITIVE_INFINITY;
}

const switchLine = /^\/\*M?!999999\\- enable the sandbox mode \*\/\s*\n/;

/** Leaves out the switch that may stand in the first line of a dump alone. */
async function* withoutSwitch(dump: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const block of dump) {
    const length = isFirst ? (switchLine.exec(Buffer.from(block).toString('latin1', 0, 100))?.[0].length ?? 0) : 0;
    isFirst = false;
    yield block.subarray(length);
  }
}

/** Errors of a table whose file is missing, or was discarded. */
const withoutFile = /\b(?:Error|ERROR) 181[24]\b/;

/** Describes a damaged table, and what the others behind it are. */
export function flawOfDamaged({ name, rows, reason }: DamagedTable): Flaw {
  const others = 'the tables behind it are of a later moment than those before';
  if (withoutFile.test(reason))
    return {
      what: `TABLE DATA ${name}: the file of its rows is gone, so none of them are in the backup, and ${others}: ${reason}`,
      remedy: `put the file back and ALTER TABLE ${identifier(name)} IMPORT TABLESPACE, or restore ${name} from an older backup`,
    };
  return {
    what: `TABLE DATA ${name}: only the ${counted(rows, 'row')} before a damaged page are in the backup, and ${others}: ${reason}`,
    remedy: `save the rows behind the damaged page, and make the table anew: restore ${name} from this backup or an older one, and add what the server still gives (SELECT … WHERE on the key)`,
  };
}
