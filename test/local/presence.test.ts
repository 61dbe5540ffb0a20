import { once } from 'node:events';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { executionOf, Presence, processOf } from '../../local/presence.ts';
import { startBackupProcess } from '../support/backup-runner.ts';
import { temporaryFolder } from '../support/folder.ts';
import { sampleDatabase } from '../support/sqlite.ts';

describe('the presence of a process', () => {
  it('is seen by others while it lasts, and leaves nothing', () => {
    const folder = temporaryFolder();
    using one = new Presence(folder);
    const other = new Presence(folder);
    expect(one.others()).toEqual([{ id: other.id, alive: true }]);
    expect(other.others()).toEqual([{ id: one.id, alive: true }]);
    expect(one.others()).toEqual([{ id: other.id, alive: true }]); // looking does not end it
    other[Symbol.dispose]();
    expect(one.others()).toEqual([]);
    expect(readdirSync(folder).filter((name) => !name.startsWith(one.id))).toEqual([]);
  });

  it('of another process is seen while it lives, and as gone once it was killed', async () => {
    const folder = temporaryFolder();
    sampleDatabase(join(folder, 'app.sqlite3'), { rows: 5 });
    const { child, ended } = startBackupProcess(folder, '2026-11-22T02:00:00Z', 'hanging:dump');
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    using presence = new Presence(join(folder, 'state', 'processes'));
    const [living] = presence.others();
    expect(living).toEqual({ id: expect.stringMatching(/^[0-9a-f]{8}$/), alive: true });
    child.kill('SIGKILL');
    await ended;
    expect(presence.others()).toEqual([{ id: living?.id, alive: false }]);
    presence.forget(living?.id ?? '');
    expect(presence.others()).toEqual([]);
    expect(readdirSync(join(folder, 'state', 'processes')).filter((name) => !name.startsWith(presence.id))).toEqual([]);
  });

  it('is not taken for that of a process in a file that is none, and what a killed beginning left goes', () => {
    const folder = temporaryFolder();
    using presence = new Presence(folder);
    writeFileSync(join(folder, '00000000'), 'x'.repeat(5000));
    writeFileSync(join(folder, '11111111.new'), '');
    utimesSync(join(folder, '11111111.new'), 0, 0);
    writeFileSync(join(folder, '22222222.new'), '');
    expect(presence.others()).toEqual([{ id: '00000000', alive: false }]);
    expect(
      readdirSync(folder)
        .filter((name) => name.endsWith('.new'))
        .sort(),
    ).toEqual(['22222222.new']);
  });

  it('is part of the id of an execution', () => {
    const execution = executionOf('0a1b2c3d', 'main-20261122_020000Z');
    expect(processOf(execution)).toBe('0a1b2c3d');
    expect(executionOf('0a1b2c3d', 'main-20261122_020000Z')).not.toBe(execution);
  });
});
