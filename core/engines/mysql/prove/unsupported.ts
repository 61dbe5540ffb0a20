import { numberIn } from '../failures.ts';

/** What a server that lacks something, or a user who may do little, says of statements that are as they should be: an engine or what it is told, a character set or collation, a mode or variable, a plugin, another database, a right. */
const unsupported = new Set([
  1044, 1049, 1112, 1115, 1128, 1142, 1143, 1193, 1227, 1231, 1273, 1286, 1289, 1298, 1370, 1418, 1419, 1432, 1477, 1478, 1506, 1524, 1911, 3981,
]);

/** What follows from something that could not be made: a table, a view, a routine, a trigger that is not there. */
const following = new Set([1051, 1054, 1072, 1146, 1305, 1347, 1356, 1360, 1449, 1824]);

/** Whether a statement failed because of where it was tried, not because of what it is. A table of another database is one that only this server lacks. */
export function isUnsupported(complaint: string, database: string): boolean {
  const number = numberIn(complaint);
  if (number === undefined) return false;
  const elsewhere = /Table '(.*)\.[^.]*' doesn't exist|(?:FUNCTION|PROCEDURE) (.*)\.[^.]* does not exist/s.exec(complaint);
  return unsupported.has(number) || (elsewhere !== null && (elsewhere[1] ?? elsewhere[2]) !== database);
}

/** The same where something is known to be lacking. */
export function isConsequence(complaint: string, database: string): boolean {
  return isUnsupported(complaint, database) || following.has(numberIn(complaint) ?? 0);
}
