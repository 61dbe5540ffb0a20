import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { loadConfigFile } from '../../../core/config/config-file.ts';
import { ConfigurationError } from '../../../core/errors.ts';
import { temporaryFolder } from '../../support/folder.ts';

const defineConfig = `import { defineConfig } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../../core/config/config.ts')).href)};`;

it('reads a typed file; paths start from its folder', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'sauvegarde.config.ts');
  writeFileSync(file, `${defineConfig}\nexport default defineConfig({ databases: { app: { engine: 'sqlite', file: 'app.sqlite3' as string } } });`);
  const loaded = await loadConfigFile(file);
  expect(loaded.folder).toBe(folder);
  expect(loaded.config.databases).toMatchObject({ app: { file: 'app.sqlite3', schedule: '0 2 * * *' } });
});

it.each<[what: string, content: string | undefined, told: RegExp]>([
  ['that is missing', undefined, /there is no configuration file .*config\.ts; write one, or name it with --config/],
  ['with a syntax error', 'export default {', /config\.ts could not be read: /],
  ['that throws', "throw new Error('no such weather');", /config\.ts:1:7 could not be read: no such weather/],
  ['that imports what is not there', "import './nowhere.ts';", /config\.ts could not be read: .*nowhere/],
  ['that exports nothing', 'const config = {};', /config\.ts exports nothing; write "export default defineConfig\(/],
  ['without default export', 'export const config = {};', /config\.ts exports nothing; write "export default defineConfig\(/],
  ['that is empty', '', /config\.ts exports nothing/],
  ['with mistakes', "export default { timeZone: 'Mars', databases: {} };", /config\.ts has 2 mistakes:\n {2}timeZone: .*\n {2}databases: /],
])('a configuration file %s is a ConfigurationError that names it', async (_, content, told) => {
  const file = join(temporaryFolder(), 'config.ts');
  if (content !== undefined) writeFileSync(file, content);
  const error = await loadConfigFile(file).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect((error as Error).message).toMatch(told);
  expect((error as Error).message).toContain(file);
});

it('a folder in place of the file is a ConfigurationError', async () => {
  const folder = join(temporaryFolder(), 'config.ts');
  mkdirSync(folder);
  await expect(loadConfigFile(folder)).rejects.toBeInstanceOf(ConfigurationError);
});
