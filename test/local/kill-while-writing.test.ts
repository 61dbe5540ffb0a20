import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recover } from '../../local/recover.ts';
import { expectRecovery, killedAt, killedRun, namesIn } from '../support/killed.ts';
import { mailsOf } from '../support/mail.ts';
import { testPlatform } from '../support/platform.ts';

describe('a process that is killed (kill -9) while it writes into the vault', () => {
  it.each(['storing:sqlite3', 'stored:sqlite3', 'stored:scan', 'stored:proof', 'storing:manifest'])(
    '%s: is settled and reported at the next start, leaves nothing half-written, and is made up for',
    async (where) => {
      await expectRecovery(where, { attempts: 1, published: false });
    },
  );

  it('stored:manifest: has made its backup, and nobody is alarmed', async () => {
    await expectRecovery('stored:manifest', { attempts: 1, published: true });
  });

  it('loses its own unfinished bytes only: a living process goes on with its own', async () => {
    const folder = await killedAt('storing:sqlite3');
    expect(namesIn(folder, 'vault/.unfinished')).toHaveLength(1);
    const living = await testPlatform({ folder });
    const other = await testPlatform({ folder });
    let during: string[] = [];
    async function* bytes() {
      yield Buffer.from('first');
      await recover(other);
      during = namesIn(folder, 'vault/.unfinished');
      yield Buffer.from('second');
    }
    await living.vault.create('main/2026/11/backup_20261123_020000Z.sqlite3', bytes());
    expect(during).toEqual([`${living.presence.id}-0`]);
    expect(await living.vault.list('main/2026/11/backup_20261123')).toMatchObject([{ size: 11 }]);
  });

  it('when the vault is away at the next start: the run is settled and reported all the same, and the half file goes later', async () => {
    const folder = await killedAt('storing:sqlite3');
    const platform = await testPlatform({ folder });
    await away(folder, async () => {
      expect((await recover(platform)).map(({ id }) => id)).toEqual([killedRun]);
    });
    expect(await platform.catalogue.runs.get(killedRun)).toMatchObject({ status: 'failed', error: { name: 'InterruptedError' } });
    expect(mailsOf(platform)).toHaveLength(1);
    expect(namesIn(folder, 'vault/.unfinished')).toHaveLength(1);
    await recover(platform);
    expect(namesIn(folder, 'vault/.unfinished')).toEqual([]);
  });
});

/** Puts a link to itself where the vault's folder was: like a disk that does not answer it can be neither listed nor written, by root either. */
async function away(folder: string, work: () => Promise<void>): Promise<void> {
  const vault = join(folder, 'vault');
  renameSync(vault, `${vault}.away`);
  symlinkSync(vault, vault);
  await work();
  rmSync(vault);
  renameSync(`${vault}.away`, vault);
}
