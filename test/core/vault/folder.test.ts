import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigurationError, ObjectExistsError, ObjectMissingError, RefusedError, StorageRefusedError } from '../../../core/errors.ts';
import { FolderVault } from '../../../core/vault/folder.ts';
import { failingCalls } from '../../support/failing-calls.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { asOrdinaryUser } from '../../support/ordinary-user.ts';
import { gathered, streamOf } from '../../support/streams.ts';
import { withoutHardLinks } from '../../support/without-hard-links.ts';

const key = 'main/2026/11/backup_20261122_050000Z.sqlite3.zst';
const later = () => new Date(Date.now() + 3_600_000);

describe('the folder vault', () => {
  it.each([0o000, 0o022, 0o077])('makes folders 0700 and files 0600 under umask %o', async (mask) => {
    const root = join(temporaryFolder(), 'deep', 'vault');
    const vault = new FolderVault(root, 'writer');
    const before = process.umask(mask);
    try {
      await vault.create(key, streamOf(['content']));
      await vault.create('old', streamOf(['content']));
      await vault.retire('old');
    } finally {
      process.umask(before);
    }
    const entries = readdirSync(dirname(root), { recursive: true, withFileTypes: true });
    const modes = (files: boolean) =>
      new Set(entries.filter((entry) => entry.isFile() === files).map((entry) => (statSync(join(entry.parentPath, entry.name)).mode & 0o7777).toString(8)));
    expect(modes(true)).toEqual(new Set(['600']));
    expect(modes(false)).toEqual(new Set(['700']));
    expect(entries.filter((entry) => entry.isFile())).toHaveLength(2);
  });

  it.each(['../x', '/etc/x', 'a/../../x', '.retired/x'])('touches nothing outside of itself for the key %s', async (escaping) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'vault', '.retired'), { recursive: true });
    writeFileSync(join(folder, 'x'), 'precious');
    writeFileSync(join(folder, 'vault', '.retired', 'x'), 'precious');
    const vault = new FolderVault(join(folder, 'vault'), 'writer');
    await expect(vault.create(escaping, streamOf(['x']))).rejects.toBeInstanceOf(RefusedError);
    await expect(vault.read(escaping)).rejects.toBeInstanceOf(RefusedError);
    await expect(vault.retire(escaping)).rejects.toBeInstanceOf(RefusedError);
    await expect(vault.bringBack(escaping)).rejects.toBeInstanceOf(RefusedError);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['vault', 'vault/.retired', 'vault/.retired/x', 'x']);
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('precious');
  });

  it('keeps what was retired when somebody puts another file there, which is hidden beside it until its own days of grace are over', async () => {
    const root = temporaryFolder();
    const vault = new FolderVault(root, 'writer');
    await vault.create(key, streamOf(['true']));
    await vault.retire(key);
    writeFileSync(join(root, key), 'false');
    await expect(vault.bringBack(key)).rejects.toBeInstanceOf(ObjectExistsError);
    await vault.retire(key);
    await vault.bringBack(key);
    expect((await gathered((await vault.read(key)).bytes)).toString()).toBe('true');
    expect(await vault.clean({ retired: later(), unfinished: new Date(0) })).toBe(1);
  });

  it.each(['../', '.retired/', '/etc/', 'main/../../'])('lists nothing outside of itself for the prefix %s', async (prefix) => {
    await expect(new FolderVault(temporaryFolder(), 'writer').list(prefix)).rejects.toBeInstanceOf(RefusedError);
  });

  it('does not list what could be no key of it, such as the lost+found of a disk of its own', async () => {
    const root = temporaryFolder();
    const vault = new FolderVault(root, 'writer');
    await vault.create(key, streamOf(['x']));
    mkdirSync(join(root, 'lost+found'), { mode: 0o000 });
    onTestFinished(() => chmodSync(join(root, 'lost+found'), 0o755));
    writeFileSync(join(root, '.DS_Store'), '');
    writeFileSync(join(root, 'main', '.nfs0001'), '');
    symlinkSync('/etc', join(root, 'link'));
    const keys = (await vault.list('')).map((listed) => listed.key);
    expect(keys).toEqual([key]);
  });

  it('leaves no file behind when the source throws midway', async () => {
    const root = temporaryFolder();
    await expect(new FolderVault(root, 'writer').create(key, streamOf(['half'], new Error('broken')))).rejects.toThrow('broken');
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files).toEqual([]);
  });

  it('reports an object that goes between being found and being read as missing', async () => {
    const vault = new FolderVault(temporaryFolder(), 'writer');
    await vault.create(key, streamOf(['content']));
    const { bytes } = await vault.read(key);
    await vault.retire(key);
    await expect(gathered(bytes)).rejects.toBeInstanceOf(ObjectMissingError);
  });

  it('opens no file that nobody reads', async () => {
    const vault = new FolderVault(temporaryFolder(), 'writer');
    await vault.create(key, streamOf(['content']));
    const openFiles = () => readdirSync('/dev/fd').length;
    const before = openFiles();
    for (let time = 0; time < 50; time++) await vault.read(key);
    await new Promise((resolve) => setTimeout(resolve, 50)); // time to open them
    expect(openFiles()).toBeLessThan(before + 10);
  });

  it('proves by a probe that it can be written, and leaves nothing of it', async () => {
    const root = join(temporaryFolder(), 'vault');
    await new FolderVault(root, 'writer').probe();
    expect(existsSync(root)).toBe(false);
  });
});

describe('a folder vault that may not be written', () => {
  /** A vault with one object, made unwritable for an ordinary user in the way that is asked for. */
  async function unwritable(how: 'the vault' | 'its folder for unfinished writes') {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const root = join(folder, 'vault');
    const vault = new FolderVault(root, 'writer');
    await vault.create('there', streamOf(['content']));
    const refusing = how === 'the vault' ? root : join(root, '.unfinished');
    chmodSync(root, 0o777);
    chmodSync(join(root, '.unfinished'), 0o777);
    chmodSync(refusing, how === 'the vault' ? 0o555 : 0o000);
    onTestFinished(() => chmodSync(refusing, 0o777));
    return { vault, root, repair: () => chmodSync(refusing, 0o777) };
  }

  it.each(['the vault', 'its folder for unfinished writes'] as const)('says so when %s refuses, and writes when that is repaired', async (how) => {
    const { vault, root, repair } = await unwritable(how);
    const failed = await asOrdinaryUser(() => vault.create(key, streamOf(['content'])).catch((error: unknown) => error));
    expect(failed).toBeInstanceOf(StorageRefusedError);
    expect(String(failed)).toContain(root);
    expect(String(failed)).toContain('this user has no permission (EACCES)');
    repair();
    await asOrdinaryUser(() => vault.create(key, streamOf(['content'])));
    expect(readFileSync(join(root, key), 'utf8')).toBe('content');
  });

  it('refuses a probe as it would refuse a write', async () => {
    const { vault } = await unwritable('the vault');
    await expect(asOrdinaryUser(() => vault.probe())).rejects.toBeInstanceOf(StorageRefusedError);
  });

  it('keeps an object that it cannot retire', async () => {
    const { vault, root } = await unwritable('the vault');
    await expect(asOrdinaryUser(() => vault.retire('there'))).rejects.toBeInstanceOf(StorageRefusedError);
    expect(readFileSync(join(root, 'there'), 'utf8')).toBe('content');
  });

  it('says so when an object may not be read', async () => {
    const { vault, root } = await unwritable('the vault');
    chmodSync(join(root, 'there'), 0o000);
    const failed = await asOrdinaryUser(async () => gathered((await vault.read('there')).bytes).catch((error: unknown) => error));
    expect(failed).toBeInstanceOf(StorageRefusedError);
    expect(String(failed)).toContain('there');
  });

  it.each<[what: string, put: (root: string) => void, says: string]>([
    ['a file is', (root) => writeFileSync(root, 'not a folder'), 'a folder is expected, and a file, or a link to nothing, is there (ENOTDIR)'],
    ['a link to nothing is', (root) => symlinkSync('/nowhere/vault', root), 'a folder is expected, and a file, or a link to nothing, is there (ENOTDIR)'],
    ['a link to itself is', (root) => symlinkSync(root, root), 'links lead in a circle (ELOOP)'],
  ])('refuses a write, and a probe, where %s in the place of the vault, and says so in words', async (_, put, says) => {
    const root = join(temporaryFolder(), 'vault');
    put(root);
    const vault = new FolderVault(root, 'writer');
    const refusal = { name: 'StorageRefusedError', message: expect.stringContaining(says) };
    await expect(vault.create(key, streamOf(['x']))).rejects.toMatchObject(refusal);
    await expect(vault.probe()).rejects.toMatchObject(refusal);
    expect(readdirSync(dirname(root))).toEqual(['vault']);
    if (lstatSync(root).isFile()) expect(readFileSync(root, 'utf8')).toBe('not a folder');
  });

  it('says that it lies on two file systems, which no repeat mends, and leaves nothing', async () => {
    const root = temporaryFolder();
    symlinkSync(onAnotherFileSystem(root), join(root, 'main'));
    const failed = await new FolderVault(root, 'writer').create('main/x', streamOf(['content'])).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ConfigurationError);
    expect(String(failed)).toMatch(/on another file system .*EXDEV/);
    expect(existsSync(join(root, 'main', 'x'))).toBe(false);
    expect(readdirSync(join(root, '.unfinished'))).toEqual([]);
  });

  it('takes a folder that its file system cannot sync for written', async () => {
    const root = temporaryFolder();
    const calls = await failingCalls(root);
    calls.arm([
      ['sync /main', 'EINVAL'],
      ['sync ', 'ENOSYS'],
    ]);
    expect(await new FolderVault(root, 'writer').create('main/x', streamOf(['content']))).toMatchObject({ size: 7 });
    calls.arm([['sync /main', 'EIO']]);
    await expect(new FolderVault(root, 'writer').create('main/y', streamOf(['content']))).rejects.toThrow(/EIO/);
  });

  it('leaves no empty file where there are no hard links and the file cannot be moved either', async () => {
    const root = temporaryFolder();
    symlinkSync(onAnotherFileSystem(root), join(root, 'main'));
    const end = withoutHardLinks();
    onTestFinished(end);
    await expect(new FolderVault(root, 'writer').create('main/x', streamOf(['content']))).rejects.toThrow(/EXDEV/);
    expect(readdirSync(join(root, 'main'))).toEqual([]);
    expect(readdirSync(join(root, '.unfinished'))).toEqual([]);
  });
});

describe('discarding what a process left unfinished', () => {
  it.each([
    ['a', ['a-b-0', 'a-1-0', 'ab-0', 'b-0', '-0', 'a-']],
    ['a-1', ['a-0', 'a-12', 'a-1-2-0', 'a-10-0']],
  ])('touches only the files of writer "%s"', async (writer, others) => {
    const root = temporaryFolder();
    const folder = join(root, '.unfinished');
    mkdirSync(folder);
    for (const name of [...others, `${writer}-0`, `${writer}-11`]) writeFileSync(join(folder, name), 'half');
    expect(await new FolderVault(root, 'me').discardUnfinished(writer)).toBe(2);
    expect(readdirSync(folder).sort()).toEqual([...others].sort());
  });

  it('leaves the visible, the retired, and a write in progress alone', async () => {
    const root = temporaryFolder();
    const vault = new FolderVault(root, 'alive');
    await vault.create('alive-0', streamOf(['content']));
    await vault.create('dead-0', streamOf(['content']));
    await vault.create('retired', streamOf(['content']));
    await vault.retire('retired');
    async function* meanwhile() {
      yield Buffer.from('first');
      expect(await vault.discardUnfinished('dead')).toBe(0);
      yield Buffer.from('second');
    }
    await vault.create(key, meanwhile());
    expect(readFileSync(join(root, key), 'utf8')).toBe('firstsecond');
    expect((await vault.list('')).map((listed) => listed.key)).toEqual(['alive-0', 'dead-0', key]);
    expect(await vault.clean({ retired: later(), unfinished: later() })).toBe(1);
  });

  it('finds nothing in a vault that was never written', async () => {
    expect(await new FolderVault(join(temporaryFolder(), 'vault'), 'me').discardUnfinished('other')).toBe(0);
  });
});

/** A folder on another file system than `folder`. */
function onAnotherFileSystem(folder: string): string {
  const device = statSync(folder).dev;
  const place = ['/dev/shm', '/run/user/'.concat(String(process.getuid?.())), '/var/tmp', process.cwd(), tmpdir()].find(
    (each) => existsSync(each) && statSync(each).dev !== device,
  );
  if (place === undefined) throw new Error('this test needs two file systems that can be written');
  const made = mkdtempSync(join(place, 'sauvegarde-test-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}
