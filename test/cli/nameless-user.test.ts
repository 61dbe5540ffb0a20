import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { program, project } from '../support/cli.ts';

const number = 54_321;
/** Runs a program as a user whose number no passwd file knows, as a container does that was given a number alone; the files stay this user's. */
const asNameless = (folder: string, env: Record<string, string>, ...words: string[]) =>
  spawnSync('/usr/bin/unshare', ['--user', `--map-user=${number}`, `--map-group=${number}`, process.execPath, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });
const canBeNameless = asNameless('/', {}, '--version').status === 0;
if (!canBeNameless) console.log('user namespaces are not allowed here: users without a name are not tried');

describe.runIf(canBeNameless)('a user without a name and a home folder', () => {
  it('gives orders by the number', () => {
    const folder = project();
    const backup = asNameless(folder, {}, program, 'backup', 'app', '--json');
    expect(backup).toMatchObject({ status: 0 });
    const [{ id }] = JSON.parse(backup.stdout);
    const shown = asNameless(folder, {}, program, 'show', id, '--json');
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    expect(shown.stdout).toContain(`"cli:uid ${number}"`);
  });

  it('keeps a service by the number, which systemd takes too', () => {
    expect(asNameless(project(), {}, program, 'service')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^User=54321$/m), stderr: '' });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['none', {}, /could not be built: this user has no home folder to keep them in: set the environment variable SAUVEGARDE_CACHE to a folder/],
    ['an empty name', { HOME: '' }, /could not be built: this user has no home folder to keep them in: set the environment variable SAUVEGARDE_CACHE/],
    ['one that it may not write into', { HOME: '/dev/null' }, /could not be built: could not write into \/dev\/null\/\.cache\/sauvegarde: .*SAUVEGARDE_CACHE/],
  ])('is asked for a place for programs when HOME is %s', (_, env, message) => {
    const folder = project({ databases: { shop: { engine: 'postgres', connection: { url: { env: 'SHOP_URL' } } } } });
    const { status, stdout } = asNameless(folder, { SHOP_URL: 'postgres://user:secret@127.0.0.1:1/shop', PATH: '/nowhere', ...env }, program, 'doctor');
    expect(status).not.toBe(0);
    expect(stdout).toMatch(message);
  });
});
