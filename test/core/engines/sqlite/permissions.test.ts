import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../support/folder.ts';
import { holding } from '../../../support/other-process.ts';
import { countRows, sampleDatabase } from '../../../support/sqlite.ts';
import { giveAway, narrow, unprivileged } from '../../../support/unprivileged.ts';

const module = new URL('../../../../core/engines/sqlite/copy.ts', import.meta.url);

/** A source in a folder of its own, and where an unprivileged copy of it can be put. */
function prepare(mode: 'DELETE' | 'WAL'): { folder: string; file: string; target: string } {
  const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
  const file = sampleDatabase(join(folder, 'app.sqlite3'), { rows: 10, mode });
  giveAway(folder, elsewhere, file);
  return { folder, file, target: join(elsewhere, 'copy') };
}

describe('a source whose permissions are narrow', () => {
  it('may not be read', async () => {
    const { file, target } = prepare('DELETE');
    narrow(file, 0o000);
    expect(await unprivileged(module, 'copy', file, target)).toMatch(/^SourceUnreadableError: .* may not be read by this user/);
  });

  it('lies in a folder that may not be entered', async () => {
    const { folder, file, target } = prepare('DELETE');
    narrow(folder, 0o000);
    expect(await unprivileged(module, 'copy', file, target)).toMatch(/^SourceUnreadableError: .* may not be read by this user/);
  });

  it('is copied from a file and a folder that may only be read', async () => {
    const { folder, file, target } = prepare('DELETE');
    narrow(file, 0o400);
    narrow(folder, 0o500);
    expect(await unprivileged(module, 'copy', file, target)).toBe('done');
    expect(countRows(target)).toEqual({ person: 10, visit: 10 });
    expect(readdirSync(folder)).toEqual(['app.sqlite3']);
  });

  it('in WAL mode needs its folder to be writable, and says so', async () => {
    const { folder, file, target } = prepare('WAL');
    narrow(folder, 0o500);
    expect(await unprivileged(module, 'copy', file, target)).toMatch(/^SourceUnreadableError: .* needs its folder to be writable/);
  });

  it('in WAL mode, which nobody has open, is copied without leaving files of another user beside it', async () => {
    const { folder, file, target } = prepare('WAL');
    expect(await unprivileged(module, 'copy', file, target)).toBe('done');
    expect(countRows(target)).toEqual({ person: 10, visit: 10 });
    expect(readdirSync(folder)).toEqual(['app.sqlite3']);
  });

  it('in WAL mode, which nobody has open, is refused to a user who could not take those files away again', async () => {
    const { folder, file, target } = prepare('WAL');
    narrow(file, 0o400);
    expect(await unprivileged(module, 'copy', file, target)).toMatch(/^SourceUnreadableError: .* no application has it open/);
    expect(readdirSync(folder)).toEqual(['app.sqlite3']);
  });

  it('in WAL mode is copied from a folder that may only be read while its application has it open', async () => {
    const { folder, file, target } = prepare('WAL');
    await holding(file, "INSERT INTO person VALUES (11, 'in the WAL', NULL)");
    giveAway(...readdirSync(folder).map((name) => join(folder, name)));
    narrow(folder, 0o500);
    expect(await unprivileged(module, 'copy', file, target)).toBe('done');
    expect(countRows(target)).toEqual({ person: 11, visit: 10 });
  });

  it('cannot be undone to its last commit when a journal was left behind in a file that may only be read', async () => {
    const { folder, file, target } = prepare('DELETE');
    const writer = await holding(file, "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; UPDATE person SET name = 'changed', note = randomblob(9000)");
    await writer.kill();
    giveAway(`${file}-journal`);
    narrow(file, 0o400);
    narrow(folder, 0o500);
    expect(await unprivileged(module, 'copy', file, target)).toMatch(/^SourceUnreadableError: .* a journal left behind/);
  });

  it('is missing for a user when its folder is gone', async () => {
    const { folder, file, target } = prepare('DELETE');
    rmSync(folder, { recursive: true });
    expect(await unprivileged(module, 'copy', file, target)).toMatch(/^SourceMissingError/);
  });
});
