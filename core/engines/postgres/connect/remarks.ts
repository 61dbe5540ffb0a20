import type { Session } from './session.ts';

/** Enabled triggers on login. They exist since PostgreSQL 17; older servers have none of that event. */
const triggers = `SELECT coalesce(json_agg(evtname ORDER BY evtname), '[]') FROM pg_event_trigger WHERE evtevent = 'login' AND evtenabled <> 'D'`;
/**
 * Libraries that sessions of this role preload. Only some roles may see the value from the server's file; everybody may
 * see those of databases and roles.
 */
const preloaded = `SELECT coalesce(json_agg(DISTINCT library), '[]') FROM (
  SELECT setting AS library FROM pg_settings WHERE name = 'session_preload_libraries'
  UNION SELECT substr(setting, length('session_preload_libraries=') + 1) FROM pg_db_role_setting, unnest(setconfig) AS setting
    WHERE setting LIKE 'session_preload_libraries=%' AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
) AS said WHERE library <> ''`;
/** A superuser's settings that make the server read damaged pages as empty, or as they are. */
export const careless = `SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM pg_settings WHERE name IN ('zero_damaged_pages', 'ignore_checksum_failure') AND setting = 'on'`;

/**
 * Remarks on two dangers: code that runs in each session with the database and that this role may not switch off, and
 * settings that make the dump of a damaged database look sound.
 */
export async function remarksOn(session: Session): Promise<string[]> {
  const logins = session.offer.event_triggers === 'off' ? [] : await session.json<string[]>(triggers);
  const libraries = session.offer.session_preload_libraries === '' ? [] : await session.json<string[]>(preloaded);
  const settings = await session.json<string[]>(careless);
  const cannot = 'a backup by a role that is not superuser cannot switch it off';
  return [
    ...(logins.length > 0 ? [`the event trigger on login ${logins.join(', ')} runs in each session with this database; ${cannot}`] : []),
    ...(libraries.length > 0 ? [`session_preload_libraries loads ${libraries.join(', ')} into each session; ${cannot}`] : []),
    ...settings.map((name) => `${name} is on: damaged pages are read as if they were sound, so a backup can lack rows without an error`),
  ];
}
