import type { Scan } from '../../../documents/scan.ts';
import { identifier } from '../sql-text.ts';

/** Settings that decide how a definition of the database reads its rows, and that change nothing else. */
const harmless = [
  'timezone',
  'datestyle',
  'intervalstyle',
  'default_text_search_config',
  'lc_time',
  'lc_numeric',
  'extra_float_digits',
  'xmlbinary',
  'bytea_output',
  'search_path',
];

/**
 * Returns true if a restore may begin its session with this setting (`name=value`). A name with a dot is the
 * application's own.
 */
export function isHarmless(setting: string): boolean {
  const name = setting.slice(0, setting.indexOf('=')).toLowerCase();
  return harmless.includes(name) || name.includes('.');
}

/**
 * Returns the schemas in which functions of the database may look for objects without a schema, as SQL: those of the
 * database's own setting, and `public`. Never `pg_catalog`, which then comes before them, wherever the setting has it:
 * names of PostgreSQL's own mean nothing that somebody has put into a schema.
 */
export function searchPathOf({ source }: Pick<Scan, 'source'>): string {
  const own = (source?.settings ?? []).map(settingOf).find(({ name }) => name.toLowerCase() === 'search_path')?.value ?? '';
  const schemas = [...own.matchAll(/"((?:[^"]|"")*)"|([^",\s]+)/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
  return [...new Set([...schemas.filter((name) => name !== '$user' && name !== 'pg_catalog'), 'public'])].map(identifier).join(', ');
}

/** Splits a setting as `pg_db_role_setting` has it. */
export function settingOf(setting: string): { name: string; value: string } {
  const at = setting.indexOf('=');
  return { name: setting.slice(0, at), value: setting.slice(at + 1) };
}
