import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { configured } from '../../cli/chosen-config.ts';
import { temporaryFolder } from '../support/folder.ts';

afterEach(() => void vi.unstubAllEnvs());

/** Databases of a configuration where DATABASE_URL has this value, as an application in this folder has it. */
async function databasesWith(address: string, folder: string) {
  const file = join(folder, 'sauvegarde.config.js');
  writeFileSync(file, "export default { databases: { own: { engine: 'sqlite', file: './own.db' } } }");
  vi.stubEnv('DATABASE_URL', address);
  vi.stubEnv('INIT_CWD', folder);
  return (await configured({ config: file })).config.databases;
}

it.each([
  ['sqlite:////srv/app/shop.sqlite3', 'shop', '/srv/app/shop.sqlite3'],
  ['sqlite:///data/My%20Shop.db?timeout=20', 'my-shop', 'data/My Shop.db'],
  ['sqlite3:db/production.sqlite3', 'production', 'db/production.sqlite3'],
])('DATABASE_URL=%s protects that file instead of the configured databases', async (address, name, path) => {
  const folder = temporaryFolder();
  expect(await databasesWith(address, folder)).toMatchObject({ [name]: { engine: 'sqlite', file: resolve(folder, path) } });
});

it.each(['sqlite://:memory:', 'sqlite:///:memory:', 'sqlite:///', 'sqlite:/one', 'sqlite:///50%', 'mongodb://host/shop', 'shop.db'])(
  'DATABASE_URL=%s is refused with the addresses that are understood',
  async (address) => {
    await expect(databasesWith(address, temporaryFolder())).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(/^DATABASE_URL is not the address of a database; write sqlite:\S+, postgres:\S+, mysql:\S+, or unset it$/),
    });
  },
);
