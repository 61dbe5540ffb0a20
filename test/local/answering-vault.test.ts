import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { StorageRefusedError } from '../../core/errors.ts';
import { watch } from '../../core/operations/keeping/watch.ts';
import { FolderVault } from '../../core/vault/folder.ts';
import { AnsweringVault, waitsInVain } from '../../local/answering-vault.ts';
import { runBackup } from '../../local/workflow.ts';
import { temporaryFolder } from '../support/folder.ts';
import { hangingCalls } from '../support/hanging-calls.ts';
import { mailsOf } from '../support/mail.ts';
import { request, testPlatform } from '../support/platform.ts';
import { gathered, streamOf } from '../support/streams.ts';

/** Pause between two looks, in milliseconds: twelve of them are silence. */
const pause = 5;
const vaultIn = (root: string) => new AnsweringVault(new FolderVault(root, 'writer'), pause);
const silence = { name: 'StorageRefusedError', message: expect.stringMatching(/has not answered for 0\.06 s/) };

describe('a vault whose disk stops answering', () => {
  it.each([
    ['create', (vault: AnsweringVault) => vault.create('main/y', streamOf(['content']))],
    ['read', (vault: AnsweringVault) => vault.read('main/x')],
    ['list', (vault: AnsweringVault) => vault.list('')],
    ['retire', (vault: AnsweringVault) => vault.retire('main/x')],
    ['bringBack', (vault: AnsweringVault) => vault.bringBack('main/x')],
    ['clean', (vault: AnsweringVault) => vault.clean({ retired: new Date(), unfinished: new Date() })],
    ['probe', (vault: AnsweringVault) => vault.probe()],
    ['discard', (vault: AnsweringVault) => vault.discard('main/x')],
    ['discardUnfinished', (vault: AnsweringVault) => vault.discardUnfinished('other')],
  ])('says so for %s, refuses what comes, and goes on once it answers', async (_, work) => {
    const root = temporaryFolder();
    const vault = vaultIn(root);
    await vault.create('main/x', streamOf(['content']));
    const release = hangingCalls(root);
    await expect(work(vault)).rejects.toMatchObject(silence);
    expect(await Promise.race([vault.list('').catch((error: unknown) => error), setImmediate('later')])).toMatchObject(silence);
    expect(waitsInVain()).toBe(true);
    release();
    await expect.poll(waitsInVain).toBe(false);
    await expect.poll(() => vault.list('main/').catch(() => undefined)).toBeInstanceOf(Array);
  });

  it('ends the reading of a file', async () => {
    const root = temporaryFolder();
    const vault = vaultIn(root);
    await vault.create('main/x', streamOf(['content']));
    const { bytes } = await vault.read('main/x');
    const release = hangingCalls(root, { streams: true });
    await expect(gathered(bytes)).rejects.toMatchObject(silence);
    release();
    await expect.poll(waitsInVain).toBe(false);
  });

  it('has no free space that is known, and the watch tells of it', async () => {
    const platform = await testPlatform();
    const vault = vaultIn(platform.vault.root);
    await runBackup({ ...platform, vault }, request('2026-11-21T02:00:00Z'), new AbortController().signal);
    hangingCalls(platform.vault.root);
    expect(await vault.free()).toBeUndefined();
    expect(await watch({ ...platform, vault }, { limits: {}, free: undefined, expiries: [] })).toMatchObject({ failed: [] });
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ kind: 'backup-missing', last: { error: { message: silence.message } } }]);
  });

  it('fails a run, and the administrators are told', async () => {
    const platform = await testPlatform();
    const vault = vaultIn(platform.vault.root);
    await runBackup({ ...platform, vault }, request('2026-11-21T02:00:00Z'), new AbortController().signal);
    hangingCalls(platform.vault.root);
    const end = await runBackup({ ...platform, vault }, request('2026-11-22T02:00:00Z'), new AbortController().signal);
    expect(end).toMatchObject({ status: 'FAILED', error: 'StorageRefusedError' });
    expect(mailsOf(platform)).toEqual([expect.stringContaining('has not answered')]);
  });
});

describe('a vault whose disk answers', () => {
  it('lets work last', async () => {
    const root = temporaryFolder();
    const slow = async function* () {
      for (const each of ['a', 'b']) {
        await setTimeout(pause * 20);
        yield Buffer.from(each);
      }
    };
    expect(await vaultIn(root).create('main/x', slow())).toMatchObject({ size: 2 });
  });

  it('gives the bytes of a file, and the errors of the vault', async () => {
    const root = temporaryFolder();
    const vault = vaultIn(root);
    await vault.create('main/x', streamOf(['con', 'tent']));
    expect((await gathered((await vault.read('main/x')).bytes)).toString()).toBe('content');
    await expect(vault.read('main/y')).rejects.toMatchObject({ name: 'ObjectMissingError' });
    for await (const _ of (await vault.read('main/x')).bytes) break;
    writeFileSync(join(root, 'file'), '');
    await expect(vaultIn(join(root, 'file')).probe()).rejects.toBeInstanceOf(StorageRefusedError);
    expect(existsSync(join(root, '.unfinished'))).toBe(true);
  });
});
