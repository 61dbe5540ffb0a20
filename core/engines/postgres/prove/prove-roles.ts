import { globalsSql } from '../dump/globals.ts';
import type { Globals } from '../globals-schema.ts';
import { statementsMaking } from '../restore/make-roles.ts';
import { linesOf, textOf } from '../restore/run-script.ts';
import { identifier } from '../sql-text.ts';
import type { ProofContext } from './proof-context.ts';
import { superuser } from './scratch-database.ts';

/**
 * Makes the roles of the source in the scratch server, by the statements of a restore, and compares what the server
 * then says of them with the scan. Runs after everything else: it renames the roles that the dump needed. Returns notes
 * about what could not be made or came back otherwise.
 */
export async function proveRoles({ scratch, expected: { source }, major }: Pick<ProofContext, 'scratch' | 'expected' | 'major'>): Promise<string[]> {
  const globals = source?.globals;
  if (!globals || globals.roles.length === 0) return [];
  const there = [...new Set([...source.roles, ...(source.dataRoles ?? [])])];
  const aside = there.map((name, index) => `ALTER ROLE ${identifier(name)} RENAME TO ${identifier(`sauvegarde_aside_${index}`)};`);
  const making = statementsMaking(globals, { version: String(major), isSuperuser: true, roles: [] });
  const beginning = ["SET client_encoding = 'UTF8';", 'SET client_min_messages = warning;'];
  const { complaint } = await scratch.run(textOf([...beginning, ...aside, ...making]), { user: superuser, whole: false });
  const said = linesOf(complaint).map((line) => `of the server's roles: ${line.replace(/^(WARNING|ERROR): +/, '')}`);
  return said.length > 0 ? said : unlike(globals, await scratch.ask<Globals>(`SELECT ${globalsSql}`));
}

/** Lists roles, memberships and settings that came back otherwise. */
function unlike(expected: Globals, found: Globals): string[] {
  const membership = ({ role, member, admin }: Globals['memberships'][number]) => `${member} as a member of ${role}${admin ? ', with ADMIN' : ''}`;
  const setting = ({ role, setting: value, inDatabase }: Globals['settings'][number]) => `the setting ${value} of the role ${role}${inDatabase ? ' here' : ''}`;
  const role = ({ name, attributes, connections, comment }: Globals['roles'][number]) =>
    `the role ${name} (${[...attributes, connections, ...(comment === null ? [] : [comment])].join(', ')})`;
  const described = ({ roles, memberships, settings }: Globals) => [...roles.map(role), ...memberships.map(membership), ...settings.map(setting)];
  const there = new Set(described(found));
  return described(expected)
    .filter((what) => !there.has(what))
    .map((what) => `of the server's roles: ${what} came back otherwise`);
}
