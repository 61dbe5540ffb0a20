import { literal } from '../sql-text.ts';
import type { Descriptions, Unreadable } from './described.ts';
import type { Inventory } from './inventory.ts';

/**
 * Stored programs (triggers, routines, events) that we write ourselves: the tools leave out none by name, and stop at
 * one that cannot be read.
 */
export interface StoredPrograms {
  /** Options that keep the tool from them. */
  options: string[];
  /** Statements that make the others of their kinds. */
  text: string;
}

/** Writes the programs of those kinds of which the tool would stop at one. Undefined if the tool can write all. */
export function storedPrograms(inventory: Inventory, { rows, unreadable }: Descriptions): StoredPrograms | undefined {
  const isStopped = (isKind: (each: Unreadable) => boolean) => unreadable.some(isKind);
  const isRoutine = ({ kind }: { kind: string }) => !['TABLE', 'VIEW', 'SEQUENCE', 'TRIGGER', 'EVENT'].includes(kind);
  const of = (kind: string) => isStopped((each) => each.kind === kind);
  const [withoutTriggers, withoutRoutines, withoutEvents] = [of('TRIGGER'), isStopped(isRoutine), of('EVENT')];
  if (!withoutTriggers && !withoutRoutines && !withoutEvents) return undefined;
  const triggers = withoutTriggers ? inventory.triggers.map(({ name }) => bodyText(rows.get(`TRIGGER ${name}`) ?? [])) : [];
  const events = withoutEvents ? inventory.events.map((name) => eventText(rows.get(`EVENT ${name}`) ?? [])) : [];
  const routines = withoutRoutines ? inventory.routines.map(({ kind, name }) => bodyText(rows.get(`${kind} ${name}`) ?? [])) : [];
  const options = [
    ...(withoutTriggers ? ['--skip-triggers'] : []),
    ...(withoutRoutines ? ['--skip-routines'] : []),
    ...(withoutEvents ? ['--skip-events'] : []),
  ];
  return { options, text: [...triggers, ...events, ...routines].join('') };
}

type Row = readonly (string | undefined)[];

/** Writes a routine or trigger from the columns of SHOW CREATE: name, mode, definition, set, two collations. */
function bodyText([, mode = '', definition = '', set = '', collation = '']: Row): string {
  return framed(mode, set, collation, definition);
}

/** Writes an event from the columns of SHOW CREATE: after the mode comes its time zone. */
function eventText([, mode = '', zone = '', definition = '', set = '', collation = '']: Row): string {
  const before = `/*!50106 SET @save_time_zone= @@TIME_ZONE */ ;\n/*!50106 SET TIME_ZONE= ${literal(zone)} */ ;\n`;
  return `${before}${framed(mode, set, collation, definition)}/*!50106 SET TIME_ZONE= @save_time_zone */ ;\n`;
}

/** Frames a definition, which has come to us in utf8mb4, with the settings that it was made under. */
function framed(mode: string, set: string, collation: string, definition: string): string {
  const collated = set === 'utf8mb4';
  return [
    '/*!50003 SET @saved_sql_mode = @@sql_mode */ ;',
    ...(collated ? ['/*!50003 SET @saved_col_connection = @@collation_connection */ ;', `/*!50003 SET collation_connection = ${collation} */ ;`] : []),
    `/*!50003 SET sql_mode = ${literal(mode)} */ ;`,
    'DELIMITER ;;',
    `${definition} ;;`,
    'DELIMITER ;',
    '/*!50003 SET sql_mode = @saved_sql_mode */ ;',
    ...(collated ? ['/*!50003 SET collation_connection = @saved_col_connection */ ;'] : []),
    '',
  ].join('\n');
}
