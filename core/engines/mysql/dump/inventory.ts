import type { Session } from '../connect/session.ts';
import type { Family } from '../family.ts';
import { literal } from '../sql-text.ts';

/** Contents of a database, by its server. Names are without quotes. */
export interface Inventory {
  tables: Table[];
  /** Sequences, which only MariaDB has. */
  sequences: string[];
  views: string[];
  triggers: { name: string; table: string }[];
  events: string[];
  /** Routines, by the kinds that a scan has, such as `FUNCTION`. */
  routines: { kind: string; name: string }[];
  /** Accounts that views, triggers, events and routines name, as `user@host`. */
  definers: string[];
  /** Time zones that events name. */
  zones: string[];
}

export interface Table {
  name: string;
  /** Storage engine; empty if the server cannot open the table. */
  engine: string;
  /** True if its rows can be read as of one moment. */
  transactional: boolean;
  /** True if it keeps rows that were changed or removed. */
  versioned: boolean;
}

/** Facts about the database and the server, for the scan. */
export interface Facts {
  version: string;
  characterSet: string;
  collation: string;
  lowerCaseTableNames: number;
  sqlMode: string;
  /** The server's own values of the variables that decide values of generated columns, by name. */
  computing: Record<string, string>;
}

/** The server's estimate of a table or sequence; `bytes` includes its indexes. */
export interface Size {
  name: string;
  rows: number;
  bytes: number;
}

const facts = `SELECT JSON_OBJECT('version', VERSION(), 'characterSet', DEFAULT_CHARACTER_SET_NAME, 'collation', DEFAULT_COLLATION_NAME,
  'lowerCaseTableNames', @@lower_case_table_names, 'sqlMode', @@GLOBAL.sql_mode,
  'computing', JSON_OBJECT('div_precision_increment', CONCAT(@@GLOBAL.div_precision_increment), 'default_week_format', CONCAT(@@GLOBAL.default_week_format),
    'lc_time_names', CONCAT(@@GLOBAL.lc_time_names) /*!50708 , 'block_encryption_mode', CONCAT(@@GLOBAL.block_encryption_mode) */)) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()`;

const tables = `SELECT JSON_OBJECT('name', t.TABLE_NAME, 'kind', t.TABLE_TYPE, 'engine', COALESCE(t.ENGINE, ''), 'transactional', COALESCE(e.TRANSACTIONS, '') = 'YES')
  FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = DATABASE() ORDER BY t.TABLE_NAME`;

const sizes = `SELECT JSON_OBJECT('name', TABLE_NAME, 'rows', COALESCE(TABLE_ROWS, 0), 'bytes', COALESCE(DATA_LENGTH, 0) + COALESCE(INDEX_LENGTH, 0))
  FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE NOT LIKE '%VIEW'`;
/** Number of tables in one statement, where it must name them. */
const sizesAtOnce = 100;

const others = [
  `SELECT JSON_OBJECT('kind', ROUTINE_TYPE, 'name', ROUTINE_NAME, 'definer', DEFINER, 'zone', '', 'table', '') FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()`,
  `SELECT JSON_OBJECT('kind', 'TRIGGER', 'name', TRIGGER_NAME, 'definer', DEFINER, 'zone', '', 'table', EVENT_OBJECT_TABLE) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER`,
  `SELECT JSON_OBJECT('kind', 'EVENT', 'name', EVENT_NAME, 'definer', DEFINER, 'zone', TIME_ZONE, 'table', '') FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()`,
  `SELECT JSON_OBJECT('kind', 'VIEW', 'name', TABLE_NAME, 'definer', DEFINER, 'zone', '', 'table', '') FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()`,
];

interface Other {
  kind: string;
  name: string;
  definer: string;
  zone: string;
  /** Table of a trigger. */
  table: string;
}

export async function factsOf(session: Session): Promise<Facts> {
  const found = await session.json<Facts>(facts);
  return { ...found, version: found.version.replace(/^5\.5\.5-/, '') }; // MariaDB before 11 says so to whom it takes for an old replica
}

/**
 * Lists the sizes of tables and sequences, the largest first. Names each table for MariaDB: without names, it would
 * open every table and view, and run functions in views.
 */
export async function sizesOf(session: Session, family: Family, { tables, sequences }: Pick<Inventory, 'tables' | 'sequences'>): Promise<Size[]> {
  const found = family === 'mysql' ? await session.rows<Size>(sizes) : [];
  const names = family === 'mysql' ? [] : [...tables.map(({ name }) => name), ...sequences];
  for (let start = 0; start < names.length; start += sizesAtOnce) {
    const statements = names.slice(start, start + sizesAtOnce).map((name) => `${sizes} AND TABLE_NAME = ${literal(name)}`);
    found.push(...(await session.rows<Size>(statements.join(' UNION ALL '))));
  }
  return found.sort((one, other) => other.bytes - one.bytes || (one.name < other.name ? -1 : 1));
}

/** Adds up the bytes of tables and indexes, as the server estimates them. */
export function totalOf(sizes: readonly Size[]): number {
  return sizes.reduce((total, { bytes }) => total + bytes, 0);
}

export async function inventoryOf(session: Session): Promise<Inventory> {
  const all = await session.rows<Omit<Table, 'versioned'> & { kind: string }>(tables);
  const rest: Other[] = [];
  for (const query of others) rest.push(...(await session.rows<Other>(query)));
  const named = (kind: string) => rest.filter((each) => each.kind === kind).map(({ name }) => name);
  return {
    tables: all
      .filter(({ kind }) => kind === 'BASE TABLE' || kind === 'SYSTEM VERSIONED')
      .map(({ kind, transactional, ...table }) => ({ ...table, transactional: Boolean(transactional), versioned: kind === 'SYSTEM VERSIONED' })),
    sequences: all.filter(({ kind }) => kind === 'SEQUENCE').map(({ name }) => name),
    views: all.filter(({ kind }) => kind === 'VIEW').map(({ name }) => name),
    triggers: rest.filter(({ kind }) => kind === 'TRIGGER').map(({ name, table }) => ({ name, table })),
    events: named('EVENT'),
    routines: rest.filter(({ kind }) => !['TRIGGER', 'EVENT', 'VIEW'].includes(kind)).map(({ kind, name }) => ({ kind, name })),
    definers: [...new Set(rest.map(({ definer }) => definer))].sort(),
    zones: [...new Set(rest.map(({ zone }) => zone))].filter((zone) => !['', 'SYSTEM'].includes(zone) && !/^[+-]/.test(zone)).sort(),
  };
}

/** Leaves out objects, given by kind and name, and the triggers of tables that are left out. */
export function inventoryWithout(inventory: Inventory, objects: readonly { kind: string; name: string }[]): Inventory {
  const left = new Set(objects.map(({ kind, name }) => `${kind} ${name}`));
  const stays = (kind: string) => (name: string) => !left.has(`${kind} ${name}`);
  return {
    ...inventory,
    tables: inventory.tables.filter(({ name }) => stays('TABLE')(name)),
    sequences: inventory.sequences.filter(stays('SEQUENCE')),
    views: inventory.views.filter(stays('VIEW')),
    triggers: inventory.triggers.filter(({ name, table }) => stays('TRIGGER')(name) && stays('TABLE')(table)),
    events: inventory.events.filter(stays('EVENT')),
    routines: inventory.routines.filter(({ kind, name }) => stays(kind)(name)),
  };
}
