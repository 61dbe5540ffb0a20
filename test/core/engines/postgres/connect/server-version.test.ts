import { expect, it } from 'vitest';
import { isNewer, refuseUnknown } from '../../../../../core/engines/postgres/connect/server-version.ts';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import { testWork, withTools } from '../../../../support/engine-work.ts';
import { postgresServer } from '../../../../support/postgres-servers.ts';
import { postgresSource, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart, toolsFolder } from '../../../../support/programs.ts';

it.each([
  ['15.20 (Debian 15.20-0+deb12u1)', '15.18', true],
  ['15.20', '15.20', false],
  ['15.9', '15.18', false],
  ['17.0', '16.9', true],
  ['16.14', '18.6', false],
  ['19beta1', '18.6', true],
])('%s is newer than %s: %s', (version, than, expected) => {
  expect(isNewer(version, than)).toBe(expected);
});

it('a server of a major version that our programs or queries do not know is refused', () => {
  expect(() => refuseUnknown('19.1')).toThrow(/PostgreSQL 19\.1; the tools are of version 18/);
  expect(() => refuseUnknown('11.22')).toThrow(/PostgreSQL 11\.22; versions 12 to 18 can be backed up/);
  for (const version of ['12.1', '18.99', '18beta1']) expect(() => refuseUnknown(version)).not.toThrow();
});

it('a source whose minor version is newer than the scratch server or the tool is told, and no other', { timeout: coldStart }, async () => {
  const source = postgresSource(urlOf(await postgresServer(15), 'postgres'));
  expect((await postgresEngine.examine(source, testWork())).remarks).toEqual([]);
  await toolsFolder();
  const older = withTools(testWork(), { serverVersion: async () => '15.1' });
  expect((await postgresEngine.examine(source, older)).remarks).toEqual([
    expect.stringMatching(/^PostgreSQL 15\.\d+ .*is newer than the scratch server 15\.1: a proof leaves out options that this does not know, and names them$/),
  ]);
  const folderless = withTools(testWork(), { serverVersion: async () => undefined });
  expect((await postgresEngine.examine(source, folderless)).remarks).toEqual([]);
});
