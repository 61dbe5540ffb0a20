import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StorageRefusedError } from '../../../core/errors.ts';
import { Outbox } from '../../../core/mail/outbox.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { asOrdinaryUser } from '../../support/ordinary-user.ts';

const message = { from: 'sauvegarde@example.org', to: ['admin@example.org'], subject: 'subject', text: 'text\n' };

describe('the outbox', () => {
  it('writes files of 0600 into a folder of 0700, named so that they sort by time, and nothing else', async () => {
    const folder = join(temporaryFolder(), 'state', 'outbox');
    const before = process.umask(0);
    try {
      await new Outbox(folder).send(message);
      await new Outbox(folder).send(message);
    } finally {
      process.umask(before);
    }
    const names = readdirSync(folder);
    expect(names).toHaveLength(2);
    for (const name of names) {
      expect(name).toMatch(/^\d{8}_\d{6}Z-.*\.eml$/);
      expect(statSync(join(folder, name)).mode & 0o7777).toBe(0o600);
    }
    expect(statSync(folder).mode & 0o7777).toBe(0o700);
  });

  it('is a StorageRefusedError when its folder may not be written', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o555);
    await expect(asOrdinaryUser(() => new Outbox(folder).send(message))).rejects.toBeInstanceOf(StorageRefusedError);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is a StorageRefusedError when a file lies in its place', async () => {
    const folder = join(temporaryFolder(), 'outbox');
    writeFileSync(folder, 'not a folder');
    await expect(new Outbox(folder).send(message)).rejects.toBeInstanceOf(StorageRefusedError);
  });

  it('leaves other files in its folder alone', async () => {
    const folder = join(temporaryFolder(), 'outbox');
    mkdirSync(folder);
    writeFileSync(join(folder, 'note.txt'), 'mine');
    await new Outbox(folder).send(message);
    expect(readdirSync(folder)).toHaveLength(2);
  });
});
