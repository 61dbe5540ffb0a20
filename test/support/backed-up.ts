import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startBackupProcess } from './backup-runner.ts';
import { temporaryFolder } from './folder.ts';
import { sampleDatabase } from './sqlite.ts';

/** Backs up these slots once for a file of tests; the result copies the folder, times included, for one test. */
export function backedUp(...slots: string[]): () => string {
  let made: string;
  beforeAll(async () => {
    made = mkdtempSync(join(tmpdir(), 'sauvegarde-test-'));
    sampleDatabase(join(made, 'app.sqlite3'), { rows: 5 });
    for (const slot of slots) {
      const { code, complaint } = await startBackupProcess(made, slot).ended;
      if (code !== 0) throw new Error(`could not back up ${slot}: ${complaint}`);
    }
  });
  afterAll(() => rmSync(made, { recursive: true, force: true }));
  return () => {
    const folder = temporaryFolder();
    cpSync(made, folder, { recursive: true, preserveTimestamps: true });
    return folder;
  };
}
