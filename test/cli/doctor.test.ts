import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SMTPServer } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configure, project, sauvegarde } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';
import { givesNamespaces } from '../support/network.ts';

const mail = { administrators: ['admin@example.org'], local: { vault: 'vault', state: 'state', mail: { smtp: { env: 'SMTP_URL' } } } };

interface Finding {
  check: string;
  state: string;
  found: string;
  error?: string;
}

async function examined(
  folder: string,
  env: Record<string, string> = {},
): Promise<{ status: number | string; finding: (check: string) => Finding | undefined }> {
  const { status, stdout } = await sauvegarde(folder, ['doctor', '--json'], { env });
  const findings = JSON.parse(stdout) as Finding[];
  return { status, finding: (check) => findings.find((each) => each.check === check) };
}

/** A mail server on loopback that knows one password. */
async function mailServer(): Promise<number> {
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ password }, _, done) => (password === 'hunter2' ? done(null, { user: 'me' }) : done(new Error('no such password'))),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)));
  return (server.server.address() as AddressInfo).port;
}

it('prints a line for each thing a backup needs and exits with 0 when nothing is wrong', async () => {
  const { status, stdout, stderr } = await sauvegarde(project(), ['doctor']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const checks = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/).slice(0, 2).join(' '));
  expect(checks).toEqual([
    'ok configuration',
    'ok tools',
    'ok database app',
    'warning backup of app',
    'ok vault',
    'ok space for backups',
    'ok space for copies',
    'warning service',
    'warning mail',
    'ok audit log',
  ]);
});

describe('makes nothing', () => {
  it.each<[what: string, prepare: (folder: string) => unknown, says: RegExp]>([
    ['of a fresh configuration', () => undefined, /^ok {7}vault +\S+ can be written$/m],
    ['of a database in WAL mode', (folder) => new DatabaseSync(join(folder, 'app.sqlite3')).exec('PRAGMA journal_mode = WAL'), /^ok {7}database app /m],
    [
      'of the demonstration',
      (folder) => configure(folder, { databases: { demo: { engine: 'sqlite', file: 'state/demonstration.sqlite3' } } }),
      /^ok {7}database demo +\S+: a demonstration, made at the first start$/m,
    ],
    ['where there are backups', (folder) => sauvegarde(folder, ['backup']), /^ok {7}backup of app +app-/m],
    [
      'where the catalogue is lost',
      async (folder) => {
        await sauvegarde(folder, ['backup']);
        rmSync(join(folder, 'state'), { recursive: true });
      },
      /^ok {7}backup of app +app-/m,
    ],
  ])('%s', async (_, prepare, says) => {
    const folder = project();
    await prepare(folder);
    const before = readdirSync(folder, { recursive: true });
    const temporary = temporaryFolder(); // others make folders meanwhile
    const { status, stdout } = await sauvegarde(folder, ['doctor'], { env: { TMPDIR: temporary } });
    expect(stdout).toMatch(says);
    expect(status).toBe(0);
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('but says that the state cannot be made', async () => {
    const folder = project();
    configure(folder, { local: { vault: 'vault', state: 'app.sqlite3/state' } });
    const { status, finding } = await examined(folder);
    expect(status).toBe(1);
    expect(finding('space for copies')).toMatchObject({
      state: 'wrong',
      found: expect.stringMatching(/^could not make the folder .*app\.sqlite3\/state: a folder is expected, and a file, .* \(ENOTDIR\)/),
    });
  });
});

it.each<[what: string, spoil: (file: string) => void, found: RegExp, error: string]>([
  ['missing', (file) => rmSync(file), /there is no file .*app\.sqlite3/, 'SourceMissingError'],
  ['no database', (file) => writeFileSync(file, 'x'.repeat(4096)), /is not an SQLite database/, 'SourceUnreadableError'],
])('a source that is %s is wrong, and the exit status says so', async (_, spoil, found, error) => {
  const folder = project();
  spoil(join(folder, 'app.sqlite3'));
  const { status, finding } = await examined(folder);
  expect(status).toBe(1);
  expect(finding('database app')).toMatchObject({ state: 'wrong', error, found: expect.stringMatching(found) });
  expect(finding('vault')).toMatchObject({ state: 'ok' });
  expect((await sauvegarde(folder, ['doctor'])).stdout).toMatch(/WRONG {4}database app +.*\n +Check (that )?the path/);
});

it('a vault that cannot be written is wrong', async () => {
  const folder = project();
  configure(folder, { local: { vault: 'app.sqlite3/vault', state: 'state' } });
  const { status, finding } = await examined(folder);
  expect(status).toBe(1);
  expect(finding('vault')).toMatchObject({ state: 'wrong', error: 'StorageRefusedError', found: expect.stringContaining('app.sqlite3/vault') });
  expect(finding('database app')).toMatchObject({ state: 'ok' });
});

it('a variable that is not set is wrong, and named', async () => {
  const { status, finding } = await examined(project(mail));
  expect(status).toBe(1);
  expect(finding('mail')).toMatchObject({
    state: 'wrong',
    error: 'ConfigurationError',
    found: 'the environment variable SMTP_URL is not set; sauvegarde.config.ts reads it',
  });
});

it('a schedule has an hour for its slot before the backup counts as old', async () => {
  const folder = project({ databases: { app: { engine: 'sqlite', file: 'app.sqlite3', schedule: '* * * * *' } } });
  await sauvegarde(folder, ['backup', 'app']);
  const foundAfter = async (minutes: number) => {
    using database = new DatabaseSync(join(folder, 'state', 'catalogue.sqlite3'));
    const startedAt = new Date(Date.now() - minutes * 60_000).toISOString();
    database.prepare("UPDATE standing SET record = json_set(record, '$.lastGood.startedAt', ?)").run(startedAt);
    const { stdout } = await sauvegarde(folder, ['doctor', '--json']);
    return (JSON.parse(stdout) as { check: string }[]).find(({ check }) => check === 'backup of app');
  };
  expect(await foundAfter(30)).toMatchObject({ state: 'ok' });
  expect(await foundAfter(90)).toMatchObject({ state: 'warning', found: expect.stringContaining('a newer one was due') });
});

it('a mail server that answers and knows the password is well', async () => {
  const { status, finding } = await examined(project(mail), { SMTP_URL: `smtp://me:hunter2@127.0.0.1:${await mailServer()}` });
  expect(finding('mail')).toEqual({
    check: 'mail',
    state: 'ok',
    found: 'the mail server takes the sender and the recipients (no mail was sent); alerts go to admin@example.org',
  });
  expect(status).toBe(0);
});

it.each<[what: string, url: () => Promise<string>, error: string]>([
  ['that refuses the password', async () => `smtp://me:wrong-secret@127.0.0.1:${await mailServer()}`, 'MailRefusedError'],
  ['that nobody runs', async () => `smtp://me:wrong-secret@127.0.0.1:${await freePort()}`, 'MailRefusedError'],
  ['whose address is none', async () => 'https://me:wrong-secret@127.0.0.1', 'ConfigurationError'],
])('a mail server %s is wrong, and the password is not shown', async (_, url, error) => {
  const folder = project(mail);
  const { status, stdout, stderr } = await sauvegarde(folder, ['doctor', '--json'], { env: { SMTP_URL: await url() } });
  expect(status).toBe(1);
  expect((JSON.parse(stdout) as Finding[]).find(({ check }) => check === 'mail')).toMatchObject({ state: 'wrong', error });
  expect(stdout + stderr).not.toContain('wrong-secret');
});

it('an incident that is open is wrong until it is over', async () => {
  const folder = project();
  writeFileSync(join(folder, 'app.sqlite3'), 'no database');
  await sauvegarde(folder, ['backup']);
  const { status, finding } = await examined(folder);
  expect(status).toBe(1);
  expect(finding('incident')).toMatchObject({
    state: 'wrong',
    error: 'SourceUnreadableError',
    found: expect.stringMatching(/^app: backup-failed since .*, 1×: /),
  });
});

it.each([
  ['altered', "UPDATE audit SET record = json_set(record, '$.by', 'somebody else') WHERE sequence = 2"],
  ['emptied', "UPDATE audit SET record = '{}' WHERE sequence = 2"],
])('an entry of the audit log that was %s is wrong', async (_, sql) => {
  const folder = project();
  await sauvegarde(folder, ['backup']);
  expect((await examined(folder)).finding('audit log')).toMatchObject({ state: 'ok', found: expect.stringMatching(/^[2-9] entries/) });
  using catalogue = new DatabaseSync(join(folder, 'state/catalogue.sqlite3'));
  const triggers = catalogue.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'").all() as { name: string }[];
  for (const { name } of triggers) catalogue.exec(`DROP TRIGGER ${name}`);
  catalogue.exec(sql);
  const { status, finding } = await examined(folder);
  expect(status).toBe(1);
  expect(finding('audit log')).toMatchObject({ state: 'wrong', found: expect.stringContaining('entry 2 does not continue') });
});

it('tells everything although the catalogue is new and the vault may not be read', async () => {
  const folder = project();
  writeFileSync(join(folder, 'vault'), 'a file, not a folder');
  const { status, finding } = await examined(folder);
  expect(status).toBe(1);
  expect(finding('vault')).toMatchObject({ state: 'wrong' });
});

it.each<[what: string, state: string, path: string | undefined, found: RegExp]>([
  ['has no network where the system can do that', givesNamespaces ? 'ok' : 'warning', undefined, /^(none: |this system gives)/],
  ['could connect elsewhere where it cannot', 'warning', '/nowhere', /^this system gives .* \(there is no program unshare on PATH\): what is restored/],
])('a proof %s, which is told', async (_, state, path, found) => {
  const databases = { app: { engine: 'mysql', connection: { url: `mysql://me@127.0.0.1:${await freePort()}/app` } } } as const;
  const { finding } = await examined(project({ databases }), path === undefined ? {} : { PATH: path });
  expect(finding('network of proofs')).toEqual({ check: 'network of proofs', state, found: expect.stringMatching(found) });
  expect((await examined(project({ databases: { app: { ...databases.app, proof: 'off' } } }))).finding('network of proofs')).toBeUndefined();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
