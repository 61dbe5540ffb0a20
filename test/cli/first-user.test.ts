import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runBackup } from '../../local/workflow.ts';
import { preparedProject, program, project, sauvegarde } from '../support/cli.ts';
import { request } from '../support/platform.ts';
import { sampleDatabase } from '../support/sqlite.ts';

const prepared = preparedProject({}, async (platform) => {
  for (const slot of ['2026-11-21T02:00:00Z', '2026-11-22T02:00:00Z']) await runBackup(platform, request(slot, 'app'), new AbortController().signal);
});
let folder: string;

beforeEach(() => {
  folder = prepared();
});

describe('a backup', () => {
  it('is found by the beginning of its id, if only one begins so', async () => {
    expect(JSON.parse((await sauvegarde(folder, ['show', 'app-20261122', '--json'])).stdout)).toMatchObject({ backup: { id: 'app-20261122_020000Z' } });
    const many = await sauvegarde(folder, ['show', 'app-2026112']);
    expect(many).toMatchObject({ status: 3, stderr: expect.stringMatching(/2 backups begin with "app-2026112": app-20261122_020000Z, app-20261121_020000Z/) });
    expect(await sauvegarde(folder, ['show', 'ap'])).toMatchObject({ status: 3, stderr: expect.stringContaining('there is no backup "ap"') });
  });

  it('is not found: with --json, the error is JSON, once, and alone', async () => {
    const { status, stdout, stderr } = await sauvegarde(folder, ['show', 'nothing', '--json']);
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ error: { name: 'UnknownNameError', message: 'there is no backup "nothing"', advice: expect.any(String) } });
  });
});

describe('a target that is mistyped', () => {
  it.each([
    'postgres://me:hunter2@host/app',
    'Postgres://me:hunter2@host/app',
    'postgresql+psycopg://me:hunter2@host/app',
    'postgres:/me:hunter2@host/app',
    'me:hunter2@host/app',
  ])('is refused without its password: %s', async (into) => {
    const { status, stdout, stderr } = await sauvegarde(folder, ['restore', 'app', '--into', into]);
    expect(status).toBe(2);
    expect(stdout + stderr).not.toContain('hunter2');
    expect(stderr).toContain('address');
  });
});

it('a file that is replaced keeps its owner and mode', async () => {
  const into = sampleDatabase(join(folder, 'served.sqlite3'), { rows: 3 });
  chmodSync(into, 0o664);
  if (process.getuid?.() === 0) chownSync(into, 65534, 65534);
  const { uid, gid } = statSync(into);
  expect(await sauvegarde(folder, ['restore', 'app', '--into', into, '--force'])).toMatchObject({ status: 0, stdout: expect.not.stringContaining('note') });
  expect(statSync(into)).toMatchObject({ uid, gid, mode: 0o100664 });
});

describe('service', () => {
  it('with DATABASE_URL protects that database, whose address it does not write', async () => {
    const { status, stdout, stderr } = await sauvegarde(project(), ['service'], { env: { DATABASE_URL: 'postgres://me:hunter2@host/app' } });
    expect(status).toBe(0);
    expect(stdout + stderr).not.toContain('hunter2');
    expect(stdout).toMatch(/^EnvironmentFile=\/etc\/sauvegarde\.env\nExecStartPre=\/bin\/sh -c "test -n \\"\$\$DATABASE_URL\\""$/m);
    expect(stderr).toContain('write DATABASE_URL=… into /etc/sauvegarde.env');
  });

  it('refuses a path that no unit can hold', async () => {
    const odd = join(project(), 'two\nlines');
    mkdirSync(odd);
    copyFileSync(join(dirname(odd), 'sauvegarde.config.ts'), join(odd, 'sauvegarde.config.ts'));
    expect(await sauvegarde(odd, ['service'])).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('line end') });
  });
});

it.each([
  ['ts', 'export default {\n  databases: { app: {;\n};\n', ':2:22 could not be read'],
  ['mts', 'export default {\n  databases: { app: {;\n};\n', ':2:22 could not be read'],
  ['js', 'export default {\n  databases: { app: {;\n};\n', ':2:22 could not be read'],
  ['mjs', 'export default {\n  databases: { app: {;\n};\n', ':2:22 could not be read'],
  ['ts', 'export default {\n  databases: nowhere,\n};\n', ':2:14 could not be read: nowhere is not defined'],
  ['mjs', 'export default {\n  databases: nowhere,\n};\n', ':2:14 could not be read: nowhere is not defined'],
])('a configuration with a mistake is told with its file, line and column: .%s, %j', (ending, text, says) => {
  const file = join(project(), `sauvegarde.config.${ending}`);
  writeFileSync(file, text);
  const { status, stderr } = spawnSync(process.execPath, [program, 'list', '--config', file], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(file + says) });
});

describe('list', () => {
  it('does not say that there are no backups because a manifest of another is unreadable', async () => {
    const month = join(folder, 'vault/app/2026/11');
    writeFileSync(join(month, 'backup_20261121_020000Z.manifest.json'), '{');
    renameSync(join(month, 'backup_20261122_020000Z.manifest.json'), join(month, 'backup_20261120_020000Z.manifest.json')); // the manifest of another slot
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, `state/catalogue.sqlite3${suffix}`), { force: true });
    const { stdout, stderr } = await sauvegarde(folder, ['list']);
    expect(stdout).toBe('the catalogue has no backups; "sauvegarde backup" makes one\n');
    expect(stderr).toMatch(/backup_20261121_020000Z\.manifest\.json is not JSON/);
    expect(stderr).toMatch(/backup_20261120_020000Z\.manifest\.json is the manifest of another backup, "app-20261122_020000Z"/);
  });
});
