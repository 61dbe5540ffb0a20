import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { program, project, sauvegarde } from '../support/cli.ts';

const systemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('the unit that service prints', () => {
  it('keeps "local" running with this Node, this configuration and this user', async () => {
    const folder = project();
    const { status, stdout, stderr } = await sauvegarde(folder, ['service']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`WorkingDirectory=${folder}\n`);
    expect(stdout).toContain(`ExecStart="${process.execPath}" --max-semi-space-size=1 "${program}" local --config "${join(folder, 'sauvegarde.config.ts')}"\n`);
    expect(stdout).toMatch(/^Restart=on-failure$/m);
    expect(stdout).toMatch(/^After=.* remote-fs\.target$/m); // a vault may lie on another machine
    expect(stdout).toMatch(/^\[Install\]\nWantedBy=multi-user\.target\n$/m);
  });

  it('writes a secret nowhere', async () => {
    const { stdout } = await sauvegarde(project({ local: { mail: { smtp: { env: 'SMTP_URL' } } } }), ['service'], {
      env: { SMTP_URL: 'smtps://me:hunter2@host' },
    });
    expect(stdout).toContain('EnvironmentFile=-/etc/sauvegarde.env');
    expect(stdout).not.toContain('hunter2');
  });

  it('is read by systemd as it is meant, also in a folder with spaces, quotes, % and $', async () => {
    const outer = mkdtempSync('/var/tmp/sauvegarde-test-'); // below /dev, where tests have their folders, systemd lets nothing work
    onTestFinished(() => rmSync(outer, { recursive: true, force: true }));
    const folder = join(outer, `with space, "quotes", 100 %h and $HOME, it's`);
    mkdirSync(folder);
    cpSync(join(project(), 'sauvegarde.config.ts'), join(folder, 'sauvegarde.config.ts'));
    const { status, stdout } = await sauvegarde(folder, ['service']);
    expect(status).toBe(0);
    const config = /^ExecStart="[^"]+" --max-semi-space-size=1 "[^"]+" local --config "(.*)"$/m.exec(stdout)?.[1] ?? '';
    const read = config.replaceAll('$$', '$').replaceAll('%%', '%').replace(/\\(.)/g, '$1'); // systemd.service(5), "Command lines"
    expect(read).toBe(join(folder, 'sauvegarde.config.ts'));
    if (!systemd) return console.log('systemd-analyze is not installed: the unit is not checked by it');
    const unit = join(outer, 'sauvegarde.service');
    writeFileSync(unit, stdout);
    const checked = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
    expect(checked.stdout + checked.stderr).not.toMatch(/sauvegarde\.service:\d*/);
  });

  it('needs a configuration that can be used', async () => {
    expect(await sauvegarde(project({ timeZone: 'Mars' }), ['service'])).toMatchObject({ status: 2, stdout: '' });
  });
});

it('service keeps one file protected when it is named, as local does', async () => {
  const folder = project();
  const { stdout } = await sauvegarde(folder, ['service', 'app.sqlite3']);
  expect(stdout).toContain(` local "${join(folder, 'app.sqlite3')}" --config `);
});
