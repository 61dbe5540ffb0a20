import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConfigInput } from '../../core/config/config.ts';
import { readManifest } from '../../core/documents/manifest.ts';
import { newKey } from '../../core/encryption/age-keys.ts';
import { updateCopies } from '../../core/operations/keeping/copies.ts';
import { rebuild } from '../../core/operations/keeping/rebuild.ts';
import { sweep } from '../../core/operations/keeping/sweep.ts';
import { watch } from '../../core/operations/keeping/watch.ts';
import { adopt } from '../../core/operations/orders/adopt.ts';
import { changes } from '../../core/operations/orders/changes.ts';
import { diff } from '../../core/operations/orders/diff.ts';
import { restore } from '../../core/operations/orders/restore.ts';
import { show } from '../../core/operations/orders/show.ts';
import { verify } from '../../core/operations/orders/verify.ts';
import { verifyCopy } from '../../core/operations/orders/verify-copy.ts';
import { openLocalPlatform } from '../../local/open-platform.ts';
import { runBackup } from '../../local/workflow.ts';
import { testConfig } from '../support/config.ts';
import { consoleOf } from '../support/console.ts';
import { temporaryFolder } from '../support/folder.ts';
import { mailsOf } from '../support/mail.ts';
import { never } from '../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';
import { sampleDatabase } from '../support/sqlite.ts';
import { flip } from '../support/stored-dump.ts';

const [mine, another] = [newKey(), newKey()];
const by = 'test';

/** Makes a machine that encrypts for two recipients, with one backup, whose id it returns. */
async function machine(encryption: Partial<NonNullable<ConfigInput['encryption']>> = {}, more: Partial<ConfigInput> = {}) {
  const folder = temporaryFolder();
  sampleDatabase(join(folder, 'app.sqlite3'), { rows: 200 });
  writeFileSync(join(folder, 'key.txt'), `# public key: ${mine.recipient}\n${mine.secret}\n`);
  writeFileSync(join(folder, 'other.txt'), newKey().secret);
  const config: Partial<ConfigInput> = { encryption: { recipients: [mine.recipient, another.recipient], ...encryption }, ...more };
  const platform = await testPlatform({ folder, config });
  const { name } = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
  return { folder, name, platform, config };
}

/** Opens the same machine with other settings for its identity. */
async function withIdentity({ folder, platform, config }: Awaited<ReturnType<typeof machine>>, file: string): Promise<TestPlatform> {
  const encryption = { recipients: [mine.recipient], ...config.encryption, identity: { file } };
  const opened = await openLocalPlatform({ config: testConfig({ ...config, encryption }), folder }, { clock: platform.clock, log: platform.log });
  onTestFinished(() => opened[Symbol.dispose]());
  return Object.assign(opened, { clock: platform.clock, log: platform.log, folder }) as TestPlatform;
}

const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' });

describe('a machine that knows recipients alone', async () => {
  it('encrypts a dump that it adopts, and proves it before', async () => {
    const { folder, platform } = await machine();
    const file = sampleDatabase(join(folder, 'old.db'), { rows: 3 });
    utimesSync(file, new Date('2025-03-01T00:00:00Z'), new Date('2025-03-01T00:00:00Z'));
    const { backup } = await adopt(platform, { database: 'main', file, by }, never);
    const { files } = await show(platform, { backup });
    expect(files?.manifest).toMatchObject({ version: 2, adopted: { file: 'old.db' }, proof: { verdict: 'proven', basis: 'before-encryption' } });
    expect(filesIn(join(folder, 'state')).filter((name) => /unencrypted|adopt-/.test(name))).toEqual([]);
  });

  it('proves the bytes before their encryption, keeps none of them, and can read none of its backups', async () => {
    const made = await machine();
    const { folder, name, platform } = made;
    const { files, backup } = await show(platform, { backup: name });
    expect(backup).toMatchObject({ proof: { verdict: 'proven' } });
    expect(files?.manifest).toMatchObject({
      version: 2,
      dump: { key: expect.stringMatching(/\.sqlite3\.zst\.age$/), encryption: { format: 'age', recipients: [mine.recipient, another.recipient] } },
      proof: { verdict: 'proven', basis: 'before-encryption' },
    });
    expect(files).toMatchObject({ proof: null, sealed: expect.stringContaining(`is encrypted for ${mine.recipient} and ${another.recipient}`) });
    expect(files?.scan).toBeUndefined();

    for (const file of filesIn(folder).filter((each) => /^(vault|state)\//.test(each) && /\.(age|json)$/.test(each)))
      expect(readFileSync(join(folder, file)).includes('person'), file).toBe(false);
    expect(filesIn(folder).filter((file) => file.includes('unencrypted'))).toEqual([]);
    expect(JSON.parse(readFileSync(join(folder, 'vault', files?.manifest.proof.key ?? ''), 'utf8'))).toMatchObject({
      version: 2,
      verdict: 'proven',
      basis: 'before-encryption',
      sealed: expect.stringMatching(/^-----BEGIN AGE ENCRYPTED FILE-----\n/),
    });
    expect(mailsOf(platform)).toEqual([]);
    const console = consoleOf(platform);
    await console.signIn();
    const page = await console.page(`/backups/${name}`);
    for (const text of ['Encrypted for', mine.recipient, 'no key is known here', 'before their encryption', 'age -d -i key.txt']) expect(page).toContain(text);
    const missing = { name: 'KeyMissingError', message: expect.stringMatching(/and no identity is known here$/) };
    await expect(verify(platform, { backup: name, by }, never)).rejects.toMatchObject(missing);
    await expect(restore(platform, { backup: name, into: join(folder, 'r'), force: false, by }, never)).rejects.toMatchObject(missing);
    await expect(changes(platform, { backup: name })).rejects.toMatchObject(missing);
    expect(existsSync(join(folder, 'r'))).toBe(false);
    // nothing of it speaks against the backup
    expect(await platform.catalogue.backups.get(name)).toMatchObject({ status: 'published', proof: { verdict: 'proven' } });
  });

  it('rebuilds, sweeps, copies and watches without a key, and its copy opens with one', async () => {
    const copied = { local: { vault: 'vault', state: 'state', copies: [{ folder: 'copy' }] } };
    const made = await machine({}, copied);
    const { name, platform } = made;
    await verify(await withIdentity(made, 'key.txt'), { backup: name, by }, never);
    expect(await updateCopies(platform, 'main', never)).toMatchObject([{ held: 1, behind: [] }]);
    expect(await sweep(platform, { by })).toMatchObject({ orphans: 0 });
    expect(await watch(platform, { limits: {}, free: undefined, expiries: [] })).toMatchObject({ failed: [] });
    rmSync(join(made.folder, 'state'), { recursive: true });
    const again = await testPlatform({ folder: made.folder, config: made.config, clock: platform.clock });
    expect((await rebuild(again, { by: 'test' })).invalid).toEqual([]);
    expect(await again.catalogue.backups.get(name)).toMatchObject({ proof: { verdict: 'proven' } });

    const opened = await withIdentity(made, 'key.txt');
    const [copy] = opened.copies;
    if (!copy) throw new Error('there is no copy');
    expect(await verifyCopy(opened, { backup: name, copy, by }, never)).toMatchObject({ verdict: 'proven' });
  });

  it('publishes without a proof what it cannot prove, and says why', async () => {
    const made = await machine({ identity: { file: 'other.txt' } });
    const { name, platform } = made;
    expect(await platform.catalogue.backups.get(name)).toMatchObject({ status: 'published', proof: { verdict: 'none' } });
    expect(mailsOf(platform)).toEqual([expect.stringMatching(/the backup could not be proven[\s\S]*does not open it[\s\S]*--identity FILE/)]);
  });
});

describe('with the identity of a recipient', () => {
  it('the stored bytes are proven, and every reader opens them', async () => {
    const made = await machine({ identity: { file: 'key.txt' } });
    const { folder, name, platform } = made;
    const { files } = await show(platform, { backup: name });
    expect(files).toMatchObject({ scan: { engine: 'sqlite' }, proof: { verdict: 'proven', unproven: [] } });
    expect(files?.manifest.proof.basis).toBeUndefined();
    expect(await verify(platform, { backup: name, by }, never)).toMatchObject({ verdict: 'proven' });
    expect(await restore(platform, { backup: name, into: join(folder, 'restored.sqlite3'), force: false, by }, never)).toMatchObject({
      tables: files?.manifest.totals.tables,
    });
    const later = await runBackup(platform, request('2026-11-23T02:00:00Z'), never);
    expect(await diff(platform, { backup: name, other: later.name })).toMatchObject({ tables: { changed: [], come: [], gone: [] } });
  });

  it('a changed byte and a cut are found, before the key is looked at', async () => {
    const made = await machine({ identity: { file: 'key.txt' } });
    const { dump } = await readManifest(made.platform.vault, (await made.platform.catalogue.backups.get(made.name))?.manifest ?? '');
    flip(join(made.folder, 'vault', dump.key), -5);
    const into = join(made.folder, 'restored.sqlite3');
    await expect(restore(made.platform, { backup: made.name, into, force: false, by }, never)).rejects.toMatchObject({ name: 'ChecksumError' });
    expect(existsSync(into)).toBe(false);
    expect(await verify(made.platform, { backup: made.name, by }, never)).toMatchObject({ verdict: 'refuted' });
  });

  it('a backup from before the encryption is read as ever', async () => {
    const folder = temporaryFolder();
    sampleDatabase(join(folder, 'app.sqlite3'), { rows: 20 });
    const plain = await testPlatform({ folder });
    const { name } = await runBackup(plain, request('2026-11-22T02:00:00Z'), never);
    const encryption = { recipients: [mine.recipient] };
    const encrypting = await openLocalPlatform({ config: testConfig({ encryption }), folder }, { clock: plain.clock, log: plain.log });
    onTestFinished(() => encrypting[Symbol.dispose]());
    expect((await readManifest(encrypting.vault, (await show(encrypting, { backup: name })).backup.manifest)).version).toBe(1);
    expect(await verify(encrypting, { backup: name, by }, never)).toMatchObject({ verdict: 'proven' });
  });

  it.each([
    ['missing', 'nowhere.txt', /the identity .*nowhere\.txt cannot be read \(ENOENT\)/],
    ['another', 'other.txt', /the identity that was given is that of age1[a-z0-9]+, which does not open it/],
  ])('one that is %s costs nothing and is told', async (_, file, message) => {
    const made = await machine();
    const opened = await withIdentity(made, file);
    const refusal = { name: expect.stringMatching(/^(ConfigurationError|KeyMissingError)$/), message: expect.stringMatching(message) };
    // a copy that cannot be opened is not removed as damaged
    const copy = { place: 'here', vault: opened.vault, isKnown: () => true, note: () => undefined, keep: undefined };
    await expect(verifyCopy(opened, { backup: made.name, copy, by }, never)).rejects.toMatchObject(refusal);
    await expect(verify(opened, { backup: made.name, by }, never)).rejects.toMatchObject(refusal);
    expect(await made.platform.catalogue.backups.get(made.name)).toMatchObject({ proof: { verdict: 'proven' } });
  });
});
