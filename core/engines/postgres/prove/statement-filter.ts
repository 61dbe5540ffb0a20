import type { Rule } from '../restore/restore-script.ts';
import { fitting, schemaMadeBy, superusersReason } from '../restore/statement-filter.ts';

/**
 * A foreign data wrapper, whose functions and options are checked, when it is made, by functions that must be there
 * before.
 */
export const createsWrapper = /^CREATE FOREIGN DATA WRAPPER /;

/**
 * Statements that a proof leaves out. A subscription holds no rows, and a hostile one could connect to anywhere. A
 * foreign data wrapper was made beforehand. A scratch server has no tablespaces.
 */
const leftOut = [/^(CREATE|ALTER|COMMENT ON) SUBSCRIPTION /, createsWrapper, /^SET default_tablespace = (?!'';)/];

/**
 * Fits a dump to a role that is not superuser, and puts off the rest. The `schemas` are there already, for the
 * extensions that were made beforehand.
 */
export function withoutSuperuser(major: number, { whole, schemas }: { whole: boolean; schemas: ReadonlySet<string> }): Rule {
  const fits = fitting(major, whole);
  return (statement) => {
    if (leftOut.some((pattern) => pattern.test(statement))) return 'drop';
    const schema = schemaMadeBy(statement);
    if (schema !== undefined && schemas.has(schema)) return 'drop';
    const why = superusersReason(statement);
    return why ? { later: why } : fits(statement);
  };
}

/**
 * Kinds that the superuser makes apart from the rest: their absence says more about the proof than about the backup.
 */
export const madeBySuperuser = /^(SUBSCRIPTION|PUBLICATION|PUBLICATION TABLE|PUBLICATION TABLES IN SCHEMA|EVENT TRIGGER|FOREIGN DATA WRAPPER|USER MAPPING) /;
