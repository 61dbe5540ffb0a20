import { settingOf } from '../dump/database-settings.ts';
import type { Globals } from '../globals-schema.ts';
import { identifier, literal } from '../sql-text.ts';
import type { Target } from './target.ts';

type Role = Globals['roles'][number];
type Membership = Globals['memberships'][number];
type Setting = Globals['settings'][number];

/** Facts about the server in which roles are made. */
export type Server = Pick<Target, 'version' | 'isSuperuser' | 'roles'>;

/** Settings whose values are lists of names, each in quotes of its own (PostgreSQL's `GUC_LIST_QUOTE`). */
const lists = [
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
];

/** Lists the roles that a server lacks. */
export function lacking({ roles }: Globals, server: Pick<Server, 'roles'>): Role[] {
  return roles.filter(({ name }) => !server.roles.includes(name));
}

/**
 * Returns statements that make the roles that a server lacks, with their attributes, memberships and settings, and no
 * password. None of them changes a role that is there. A warning names whatever else does not run; it undoes
 * nothing. Only a role that cannot be made undoes all.
 */
export function statementsMaking(globals: Globals, server: Server): string[] {
  const made = lacking(globals, server);
  const names = new Set(made.map(({ name }) => name));
  const memberships = globals.memberships.filter(({ member }) => names.has(member));
  const settings = globals.settings.filter(({ role }) => names.has(role));
  return [
    ...made.map(({ name }) => `CREATE ROLE ${identifier(name)};`),
    ...(server.isSuperuser ? [] : made.map(({ name }) => tried(`role ${name}`, literal(`GRANT ${identifier(name)} TO CURRENT_USER`)))),
    ...made.flatMap(attributesOf),
    ...memberships.map((membership) => memberOf(membership, Number.parseInt(server.version, 10))),
    ...settings.map(withSetting),
  ];
}

/** Describes what was made, and what was not because it would change a role that was there. */
export function notesOnRoles(globals: Globals, server: Server): string[] {
  const made = lacking(globals, server).map(({ name }) => name);
  const names = new Set(made);
  const kept = globals.memberships.filter(({ role, member }) => names.has(role) && !names.has(member));
  return [
    made.length === 0
      ? 'the target has all roles of the backup; none was made or changed'
      : `made the roles ${made.join(', ')}, without passwords: set those of people and programs that log in (ALTER ROLE … PASSWORD …)`,
    ...(made.length > 0 && !server.isSuperuser ? ['you are now a member of the roles that were made, because only a member may give objects to them'] : []),
    ...kept.map(
      ({ role, member }) => `${member} was there already and was not changed; to make it a member: GRANT ${identifier(role)} TO ${identifier(member)}`,
    ),
  ];
}

/** Gives a role its attributes one by one: an ordinary user may give only some. */
function attributesOf({ name, attributes, connections, validUntil, comment }: Role): string[] {
  const role = identifier(name);
  const each = [
    ...attributes.filter((attribute) => attribute !== 'INHERIT'),
    ...(attributes.includes('INHERIT') ? [] : ['NOINHERIT']),
    ...(connections < 0 ? [] : [`CONNECTION LIMIT ${connections}`]),
    ...(validUntil === null ? [] : [`VALID UNTIL ${literal(validUntil)}`]),
  ].map((attribute) => `ALTER ROLE ${role} ${attribute}`);
  return [...each, ...(comment === null ? [] : [`COMMENT ON ROLE ${role} IS ${literal(comment)}`])].map((statement) =>
    tried(`role ${name}`, literal(statement)),
  );
}

function memberOf({ role, member, admin, inherit, set }: Membership, major: number): string {
  const options = [`ADMIN ${admin}`, ...(inherit === null ? [] : [`INHERIT ${inherit}`]), ...(set === null ? [] : [`SET ${set}`])];
  const older = admin ? ' WITH ADMIN OPTION' : '';
  const grant = `GRANT ${identifier(role)} TO ${identifier(member)}${major >= 16 ? ` WITH ${options.join(', ')}` : older}`;
  return tried(`${member} as a member of ${role}`, literal(grant));
}

function withSetting({ role, setting, inDatabase }: Setting): string {
  const { name, value } = settingOf(setting);
  const isList = lists.includes(name.toLowerCase());
  const values = isList
    ? [...value.matchAll(/"((?:[^"]|"")*)"|([^",\s]+)/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
    : [value];
  const where = inDatabase ? " || ' IN DATABASE ' || quote_ident(current_database())" : '';
  const set = ` SET ${name.split('.').map(identifier).join('.')} TO ${values.length === 0 ? "''" : values.map(literal).join(', ')}`;
  return tried(`the setting ${name} of the role ${role}`, `${literal(`ALTER ROLE ${identifier(role)}`)}${where} || ${literal(set)}`);
}

/** Runs a statement, given as an expression, so that a refusal is a warning. Names are parameters, never a format. */
function tried(what: string, statement: string): string {
  return `DO ${literal(`BEGIN EXECUTE ${statement}; EXCEPTION WHEN OTHERS THEN RAISE WARNING USING MESSAGE = ${literal(`left out: ${what}: `)} || SQLERRM; END`)};`;
}
