/** Settings that decide how a definition of the database reads its rows, and that change nothing else. */
const harmless = ['timezone', 'datestyle', 'intervalstyle', 'default_text_search_config', 'lc_time', 'lc_numeric'];

/** Returns true if a restore may begin its session with this setting (`name=value`). */
export function isHarmless(setting: string): boolean {
  return harmless.includes(setting.slice(0, setting.indexOf('=')).toLowerCase());
}

/** Splits a setting as `pg_db_role_setting` has it. */
export function settingOf(setting: string): { name: string; value: string } {
  const at = setting.indexOf('=');
  return { name: setting.slice(0, at), value: setting.slice(at + 1) };
}
