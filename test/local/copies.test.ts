import { cpSync, existsSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../core/config/config.ts';
import { ObjectMissingError } from '../../core/errors.ts';
import { type Copy, updateCopies } from '../../core/operations/keeping/copies.ts';
import { hold } from '../../core/operations/orders/administer.ts';
import { restore } from '../../core/operations/orders/restore.ts';
import { verifyCopy } from '../../core/operations/orders/verify-copy.ts';
import { forgetCopies } from '../../local/copies.ts';
import { runBackup } from '../../local/workflow.ts';
import { configure, sauvegarde } from '../support/cli.ts';
import { flipByte } from '../support/flip-byte.ts';
import { mailsOf } from '../support/mail.ts';
import { never } from '../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';

const by = { by: 'test', claimed: false };
const slots = ['2026-11-22T02:00:00Z', '2026-11-23T02:00:00Z', '2026-11-24T02:00:00Z'];
const ids = ['main-20261122_020000Z', 'main-20261123_020000Z', 'main-20261124_020000Z'];
const [first = '', second = '', third = ''] = ids;
const config: Partial<ConfigInput> = {
  administrators: ['admin@example.org'],
  databases: { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 1 } },
  local: { vault: 'vault', state: 'state', copies: [{ folder: 'copy', keep: 2 }] },
};

async function backedUp(platform: TestPlatform, ...which: string[]): Promise<void> {
  for (const slot of which) {
    platform.clock.set(slot);
    expect((await runBackup(platform, request(slot), never)).status).toBe('SUCCEEDED');
  }
}

const copyIn = ({ copies }: TestPlatform) => copies[0] as Copy;
const update = (platform: TestPlatform, options = {}) => updateCopies(platform, 'main', never, options);
const dumpIn = (folder: string, id: string) => join(folder, `main/2026/11/backup_${id.slice(5)}.sqlite3.zst`);
const incidentsOf = async ({ catalogue }: TestPlatform) => (await catalogue.incidents.list()).items.map(({ kind }) => kind);

describe('a copy', () => {
  it('gets every backup, is read back, and keeps as many as its own policy says', async () => {
    const platform = await testPlatform({ config });
    await backedUp(platform, ...slots);
    expect((await platform.catalogue.backups.list()).items.filter(({ status }) => status === 'published').map(({ id }) => id)).toEqual([third]);
    expect(await update(platform, { dryRun: true })).toEqual([
      { place: join(platform.folder, 'copy'), held: 2, newest: '2026-11-24T02:00:00.000Z', behind: [], copied: [], retired: [] },
    ]);
    // also the one that the vault keeps no more
    for (const backup of [second, 'main']) expect((await verifyCopy(platform, { backup, copy: copyIn(platform), ...by }, never)).verdict).toBe('proven');
    await expect(verifyCopy(platform, { backup: first, copy: copyIn(platform), ...by }, never)).rejects.toBeInstanceOf(ObjectMissingError);
    expect(await incidentsOf(platform)).toEqual([]);
  });

  it('holds again what its own policy had retired, once that keeps more', async () => {
    const keeping = (keep: number) => ({
      ...config,
      databases: { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 3 } } as const,
      local: { vault: 'vault', state: 'state', copies: [{ folder: 'copy', keep }] },
    });
    const platform = await testPlatform({ config: keeping(1) });
    await backedUp(platform, ...slots.slice(0, 2));
    expect(existsSync(dumpIn(join(platform.folder, 'copy'), first))).toBe(false);
    const again = await testPlatform({ config: keeping(2), folder: platform.folder });
    again.clock.set(slots[1] ?? '');
    expect(await update(again)).toMatchObject([{ held: 2, behind: [], copied: [first] }]);
    expect((await verifyCopy(again, { backup: first, copy: copyIn(again), ...by }, never)).verdict).toBe('proven');
  });

  it('is a vault of its own when the first one is lost with its state', async () => {
    const platform = await testPlatform({ config });
    await backedUp(platform, ...slots.slice(0, 2));
    await hold(platform, { backup: second, reason: 'kept', ...by });
    await update(platform);
    for (const lost of ['vault', 'state']) rmSync(join(platform.folder, lost), { recursive: true });
    const again = await testPlatform({ config: { ...config, local: { vault: 'copy', state: 'state' } }, folder: platform.folder });
    again.clock.set(slots[2] ?? '');
    const into = join(platform.folder, 'restored.sqlite3');
    expect(await again.catalogue.backups.get(second)).toMatchObject({ hold: { by: 'test', reason: 'kept' } });
    expect(await restore(again, { backup: 'main', into, force: false, ...by }, never)).toMatchObject({ backup: second, rows: 403 });
  });

  it('that is lost is not filled behind the back of a disk that is not mounted: it alarms, the run succeeds, and an order begins it again', async () => {
    const platform = await testPlatform({ config });
    await backedUp(platform, ...slots.slice(0, 1));
    rmSync(join(platform.folder, 'copy'), { recursive: true });
    await backedUp(platform, ...slots.slice(1, 2));
    expect(existsSync(join(platform.folder, 'copy'))).toBe(false);
    expect(await incidentsOf(platform)).toEqual(['copy-behind']);
    const [mail = ''] = mailsOf(platform);
    for (const part of ['main: a copy of the backups is behind', 'lacks main-20261123_020000Z', 'is its disk mounted?', 'sauvegarde copy'])
      expect(mail).toContain(part);
    forgetCopies(platform.state);
    expect(await update(platform)).toMatchObject([{ held: 1, behind: [], copied: [second] }]);
    expect(await incidentsOf(platform)).toEqual([]);
  });

  it('with a changed byte is refuted by a proof from it, removed there and copied again', async () => {
    const platform = await testPlatform({ config });
    await backedUp(platform, ...slots.slice(0, 1));
    flipByte(dumpIn(join(platform.folder, 'copy'), first));
    const proof = await verifyCopy(platform, { backup: 'main', copy: copyIn(platform), ...by }, never);
    expect(proof.verdict).toBe('refuted');
    expect(await incidentsOf(platform)).toEqual(['copy-behind']);
    expect((await platform.catalogue.backups.get(first))?.proof.verdict).toBe('proven');
    expect(await update(platform)).toMatchObject([{ held: 1, copied: [first] }]);
    expect((await verifyCopy(platform, { backup: 'main', copy: copyIn(platform), ...by }, never)).verdict).toBe('proven');
    expect(await incidentsOf(platform)).toEqual([]);
  });

  it.each<[what: string, damage: (file: string) => void]>([
    ['cut', (file) => truncateSync(file, statSync(file).size - 1)],
    ['gone', (file) => rmSync(file)],
  ])('whose dump is %s is copied again by itself', async (_, damage) => {
    const platform = await testPlatform({ config });
    await backedUp(platform, ...slots.slice(0, 1));
    damage(dumpIn(join(platform.folder, 'copy'), first));
    expect(await update(platform, { dryRun: true })).toMatchObject([{ held: 0, behind: [first] }]);
    expect(await update(platform)).toMatchObject([{ held: 1, behind: [], copied: [first] }]);
    expect((await verifyCopy(platform, { backup: 'main', copy: copyIn(platform), ...by }, never)).verdict).toBe('proven');
  });

  it('that has something else under the key of a dump is not counted, and is mended at the next attempt', async () => {
    const platform = await testPlatform({ config: { ...config, local: { vault: 'vault', state: 'state' } } });
    await backedUp(platform, ...slots.slice(0, 1));
    const file = dumpIn(join(platform.folder, 'copy'), first);
    cpSync(dumpIn(join(platform.folder, 'vault'), first), file, { recursive: true });
    flipByte(file);
    const again = await testPlatform({ config, folder: platform.folder });
    expect(await update(again)).toMatchObject([{ held: 0, behind: [first], copied: [], error: { name: 'ChecksumError' } }]);
    expect(await update(again)).toMatchObject([{ held: 1, behind: [], copied: [first] }]);
  });

  it('gets no damaged backup of the vault, and the others all the same', async () => {
    const platform = await testPlatform({
      config: { ...config, databases: { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 3 } }, local: { vault: 'vault', state: 'state' } },
    });
    await backedUp(platform, ...slots.slice(0, 2));
    const again = await testPlatform({ config, folder: platform.folder });
    again.clock.set(slots[2] ?? '');
    flipByte(dumpIn(join(platform.folder, 'vault'), second));
    expect(await update(again)).toMatchObject([{ held: 1, behind: [second], copied: [first], error: { name: 'ChecksumError' } }]);
    expect(readdirSync(join(platform.folder, 'copy/main/2026/11')).filter((name) => name.includes('20261123'))).toEqual([]);
  });

  it('with a manifest that cannot be understood says so, and leaves it alone', async () => {
    const platform = await testPlatform({ config });
    await backedUp(platform, ...slots.slice(0, 1));
    const manifest = dumpIn(join(platform.folder, 'copy'), first).replace('.sqlite3.zst', '.manifest.json');
    writeFileSync(manifest, '{"format":"sauvegarde-manifest","version":99}');
    expect(await update(platform)).toMatchObject([{ held: 0, behind: [first], error: { name: 'DocumentInvalidError' } }]);
    expect(existsSync(manifest)).toBe(true);
    expect(await incidentsOf(platform)).toEqual(['copy-behind']);
  });

  it('keeps what somebody holds, beyond its own policy', async () => {
    const platform = await testPlatform({ config });
    await backedUp(platform, ...slots.slice(0, 1));
    await hold(platform, { backup: first, reason: 'a question', ...by });
    await backedUp(platform, ...slots.slice(1));
    expect(await update(platform)).toMatchObject([{ held: 3, behind: [] }]);
  });

  it.each<[what: string, local: ConfigInput['local']]>([
    ['the vault itself', { vault: 'vault', copies: [{ folder: './vault/' }] }],
    ['a folder in the vault', { vault: 'vault', copies: [{ folder: 'vault/copy' }] }],
    ['a folder around the vault', { vault: 'there/vault', copies: [{ folder: 'there' }] }],
    ['another copy', { copies: [{ folder: 'copy' }, { folder: 'copy' }] }],
    ['a prefix of the vault', { vault: { s3: { bucket: 'abc' } }, copies: [{ s3: { bucket: 'abc', prefix: 'copy' } }] }],
  ])('in the place of %s is a mistake, since it would retire what is there', async (_, local) => {
    await expect(testPlatform({ config: { ...config, local: { state: 'state', ...local } } })).rejects.toThrow(/lies in the place of local\.(vault|copies\.0)/);
  });

  it('of another machine is left alone, and a place that takes no files alarms', async () => {
    const platform = await testPlatform({ config });
    await backedUp(platform, ...slots.slice(0, 1));
    const other = { ...platform, machine: { mark: 'other', name: 'elsewhere' } };
    expect(await updateCopies(other, 'main', never)).toMatchObject([
      { error: { name: 'VaultOwnedError', message: expect.stringContaining(join(platform.folder, 'copy')) } },
    ]);
    rmSync(join(platform.folder, 'copy'), { recursive: true });
    writeFileSync(join(platform.folder, 'copy'), '');
    forgetCopies(platform.state);
    expect(await update(platform)).toMatchObject([{ behind: [first], error: { name: 'StorageRefusedError' } }]);
  });
});

describe('the commands', () => {
  it('copy, verify --copy and their bad input', async () => {
    const platform = await testPlatform({ config });
    await backedUp(platform, ...slots.slice(0, 1));
    const { folder } = platform;
    configure(folder, config);
    const shown = await sauvegarde(folder, ['copy', '--json']);
    expect(JSON.parse(shown.stdout)).toEqual([
      { database: 'main', place: join(folder, 'copy'), held: 1, newest: '2026-11-22T02:00:00.000Z', behind: [], copied: [], retired: [] },
    ]);
    expect((await sauvegarde(folder, ['verify', 'main', '--copy'])).status).toBe(0);
    expect(await sauvegarde(folder, ['verify', 'main', '--copy', '2'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('there is no copy "2"; write one of 1 ('),
    });
    expect(await sauvegarde(folder, ['copy', 'shop'])).toMatchObject({ status: 2, stderr: expect.stringContaining('no database is called "shop"') });
    flipByte(dumpIn(join(folder, 'copy'), first));
    const refuted = await sauvegarde(folder, ['verify', 'main', '--copy', join(folder, 'copy')]);
    expect(refuted).toMatchObject({ status: 4, stderr: expect.stringContaining('It was removed there') });
    rmSync(join(folder, 'copy'), { recursive: true });
    expect(await sauvegarde(folder, ['copy'])).toMatchObject({ status: 1, stderr: expect.stringContaining('is its disk mounted?') });
    expect((await sauvegarde(folder, ['copy', '--begin-again'])).status).toBe(0);
    writeFileSync(join(folder, 'other.config.ts'), `export default ${JSON.stringify({ ...config, local: { vault: 'vault', state: 'state' } })};`);
    expect(await sauvegarde(folder, ['copy', '--config', 'other.config.ts'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('there are no copies; add one'),
    });
  });
});
