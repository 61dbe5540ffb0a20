import { skeletonOf } from './skeleton.ts';

/** A name in a skeleton, as pg_dump writes it: quoted, or in small letters. */
const id = '(?:""|[a-z_\\x80-\\uffff][a-z0-9_$\\x80-\\uffff]*)';
const name = `${id}(?:\\.${id}){0,2}`;
const names = `${name}(?:, ${name})*`;

const relation = '(?:TABLE|FOREIGN TABLE|VIEW|MATERIALIZED VIEW|INDEX|SEQUENCE)';
/** Kinds whose definition, when it is made, runs nothing, or runs only as its owner. */
const made = [
  'AGGREGATE',
  'CAST',
  'COLLATION',
  '(?:DEFAULT )?CONVERSION',
  'DOMAIN',
  'FUNCTION',
  'OR REPLACE FUNCTION',
  'PROCEDURE',
  'OR REPLACE PROCEDURE',
  '(?:UNIQUE )?INDEX',
  'OPERATOR',
  'OPERATOR CLASS',
  'OPERATOR FAMILY',
  'POLICY',
  'PUBLICATION',
  '(?:OR REPLACE )?RULE',
  'SERVER',
  'STATISTICS',
  'TEXT SEARCH (?:PARSER|DICTIONARY|TEMPLATE|CONFIGURATION)',
  'TRANSFORM',
  '(?:CONSTRAINT )?TRIGGER',
  'TYPE',
  'USER MAPPING',
  'ACCESS METHOD',
  'EVENT TRIGGER',
  'FOREIGN DATA WRAPPER',
  '(?:OR REPLACE )?(?:TRUSTED )?(?:PROCEDURAL )?LANGUAGE',
].join('|');
/** Kinds that belong to a database. Roles, databases and tablespaces are in dumps of pg_dumpall only. */
const ofDatabase = [
  'ACCESS METHOD',
  'AGGREGATE',
  'CAST',
  'COLLATION',
  'COLUMN',
  'CONSTRAINT',
  'CONVERSION',
  'DOMAIN',
  'EVENT TRIGGER',
  'EXTENSION',
  'FOREIGN DATA WRAPPER',
  'FOREIGN TABLE',
  'FUNCTION',
  'INDEX',
  'LANGUAGE',
  'LARGE OBJECT',
  'MATERIALIZED VIEW',
  'OPERATOR',
  'OPERATOR CLASS',
  'OPERATOR FAMILY',
  'POLICY',
  'PROCEDURAL LANGUAGE',
  'PROCEDURE',
  'PUBLICATION',
  'RULE',
  'SCHEMA',
  'SEQUENCE',
  'SERVER',
  'STATISTICS',
  'SUBSCRIPTION',
  'TABLE',
  'TEXT SEARCH (?:CONFIGURATION|DICTIONARY|PARSER|TEMPLATE)',
  'TRANSFORM',
  'TRIGGER',
  'TYPE',
  'VIEW',
].join('|');
const grantable = '(?:SCHEMA|TABLE|SEQUENCE|FUNCTION|PROCEDURE|LANGUAGE|TYPE|LARGE OBJECT|FOREIGN DATA WRAPPER|FOREIGN SERVER)';
const settable = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'transaction_timeout',
  'client_encoding',
  'standard_conforming_strings',
  'check_function_bodies',
  'xmloption',
  'client_min_messages',
  'row_security',
  'escape_string_warning',
  'default_tablespace',
  'default_table_access_method',
  'default_with_oids',
].join('|');

/**
 * Changes to a column, after its name. A new type is not among them: `TYPE … USING` would run a function on every row.
 */
const ofColumn = `(?:SET DEFAULT .*|DROP DEFAULT|(?:SET|DROP) NOT NULL|SET STATISTICS -?\\d+|SET STORAGE [A-Za-z]+|SET COMPRESSION ${id}|SET \\(\\)|OPTIONS \\(\\)|ADD GENERATED (?:ALWAYS|BY DEFAULT) AS IDENTITY \\(\\))`;
/** Actions on a relation, one a statement, as pg_dump writes them: a second one would follow a comma. */
const action = [
  'ADD CONSTRAINT (?:(?!, [A-Z]).)*',
  `ATTACH PARTITION ${name}(?: .*)?`,
  `INHERIT ${name}`,
  `ALTER COLUMN (?:${id}|\\d+) ${ofColumn}`,
  `CLUSTER ON ${id}`,
  `REPLICA IDENTITY (?:FULL|NOTHING|USING INDEX ${id})`,
  `(?:ENABLE|DISABLE)(?: ALWAYS| REPLICA)? (?:TRIGGER|RULE) ${id}`,
  '(?:ENABLE|FORCE) ROW LEVEL SECURITY',
  `SET ACCESS METHOD ${id}`,
  `OWNED BY ${name}`,
].join('|');

/**
 * Forms of skeletons. A view's query, a rule and the like may be anything: they are only stored, or run as their owner.
 */
const forms = [
  `SET (?:${settable}) = (?:''|""|-?\\w+)`,
  `SET SESSION AUTHORIZATION (?:''|${id}|DEFAULT)`,
  'RESET SESSION AUTHORIZATION',
  'BEGIN|COMMIT',
  `COPY ${name}(?: \\(\\))? FROM stdin`,
  `REFRESH MATERIALIZED VIEW ${name}`,
  // without schema elements, which would be statements of their own
  `CREATE SCHEMA ${id}`,
  `CREATE EXTENSION IF NOT EXISTS ${id} WITH SCHEMA ${id}`,
  // not CREATE TABLE AS, which runs a query
  `CREATE (?:UNLOGGED |FOREIGN )?TABLE ${name}(?: OF ${name})?(?: \\(\\))?(?: INHERITS \\(\\))?(?: PARTITION BY(?: (?:LIST|RANGE|HASH) \\(\\))?)?(?: SERVER ${id})?(?: WITH \\(\\))?(?: OPTIONS \\(\\))?`,
  `CREATE (?:UNLOGGED )?SEQUENCE ${name}(?: AS [a-z]+)?(?: -?\\d+| [A-Z]+)*`,
  `CREATE (?:OR REPLACE )?VIEW ${name}(?: WITH \\(\\))? AS .*`,
  // filled later, by REFRESH, as its owner
  `CREATE MATERIALIZED VIEW ${name}(?: USING ${id})?(?: WITH \\(\\))? AS .* WITH NO DATA`,
  `CREATE (?:${made}) .*`,
  `ALTER ${relation}(?: ONLY)? ${name} (?:${action})`,
  `ALTER (?:${ofDatabase}) .* OWNER TO ${id}`,
  `ALTER (?:${ofDatabase}) .* DEPENDS ON EXTENSION ${id}`,
  `ALTER DOMAIN ${name} ADD CONSTRAINT .*`,
  `ALTER TEXT SEARCH CONFIGURATION ${name} ADD MAPPING FOR ${names} WITH ${names}`,
  `ALTER OPERATOR FAMILY ${name} USING ${id} ADD .*`,
  `ALTER PUBLICATION ${id} ADD (?:TABLE|TABLES IN SCHEMA) .*`,
  `ALTER EVENT TRIGGER ${id} (?:ENABLE|DISABLE)(?: ALWAYS| REPLICA)?`,
  `ALTER STATISTICS ${name} SET STATISTICS -?\\d+`,
  `ALTER DEFAULT PRIVILEGES FOR ROLE ${id}(?: IN SCHEMA ${id})? (?:GRANT|REVOKE) .*`,
  `COMMENT ON (?:${ofDatabase}) .* IS (?:''|NULL)`,
  `SECURITY LABEL(?: FOR ${id})? ON (?:${ofDatabase}) .* IS (?:''|NULL)`,
  // a GRANT without ON would be a membership in a role
  `(?:GRANT|REVOKE) .* ON ${grantable} .* (?:TO|FROM) .*`,
];
const known = new RegExp(`^(?:${forms.join('|')})$`, 's');

/** SELECTs, by their text. No other SELECT is known: a function can do anything. */
const exact = [
  /^SELECT pg_catalog\.set_config\('search_path', '', false\);$/,
  /^SELECT pg_catalog\.setval\('(?:[^']|'')*', -?\d+, (?:true|false)\);$/,
  /^SELECT pg_catalog\.(?:lo_create\('\d+'\)|lo_open\('\d+', \d+\)|lo_open\(pg_catalog\.lo_create\('\d+'\), \d+\)|lowrite\(0, '\\x[0-9a-f]*'\)|lo_close\(0\));$/,
];
/** A subscription with `connect = false`. Without it, making the subscription would open a connection. */
const subscription = /^CREATE SUBSCRIPTION (?:"(?:[^"]|"")*"|\S+) CONNECTION '(?:[^']|'')*' PUBLICATION .* WITH \(connect = false[,)]/s;

/**
 * Returns true if pg_dump writes such a statement. The server guards the inside of a definition; this guards what the
 * statement itself does.
 */
export function isKnown(statement: string): boolean {
  if (statement.startsWith('SELECT ')) return exact.some((form) => form.test(statement));
  return subscription.test(statement) || known.test(skeletonOf(statement));
}
