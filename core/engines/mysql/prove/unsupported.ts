import { numberIn } from '../failures.ts';

/**
 * Errors that mean "this server, or this user, cannot run the statement", not "the dump is wrong": an engine or its
 * options, a character set or collation, a mode or variable, a plugin, another database, a right.
 */
const unsupported = new Set([
  1044, 1049, 1112, 1115, 1128, 1142, 1143, 1193, 1227, 1231, 1273, 1286, 1289, 1298, 1370, 1418, 1419, 1432, 1477, 1478, 1506, 1524, 1911, 3981,
]);

/** Errors that follow from a table, view, routine or trigger that could not be made. */
const following = new Set([1051, 1054, 1072, 1146, 1305, 1347, 1356, 1360, 1449, 1824]);

/**
 * Returns true if a statement failed because of the place where it was tried, not because of the statement. A missing
 * table of another database counts: only this server lacks it.
 */
export function isUnsupported(complaint: string, database: string): boolean {
  const number = numberIn(complaint);
  if (number === undefined) return false;
  const elsewhere = /Table '(.*)\.[^.]*' doesn't exist|(?:FUNCTION|PROCEDURE) (.*)\.[^.]* does not exist/s.exec(complaint);
  return unsupported.has(number) || (elsewhere !== null && (elsewhere[1] ?? elsewhere[2]) !== database);
}

/** Returns true for the same, and for consequences of something known to be missing. */
export function isConsequence(complaint: string, database: string): boolean {
  return isUnsupported(complaint, database) || following.has(numberIn(complaint) ?? 0);
}
