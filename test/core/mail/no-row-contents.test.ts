import { openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { runBackup } from '../../../local/workflow.ts';
import { mailsOf } from '../../support/mail.ts';
import { request, testPlatform } from '../../support/platform.ts';

const secret = 'patient-4711-diagnosis';

/** A source whose rows, and keys, all hold the secret. */
function fill(file: string): void {
  using database = new DatabaseSync(file);
  database.exec('PRAGMA foreign_keys = OFF; CREATE TABLE chart (id TEXT PRIMARY KEY, text TEXT UNIQUE NOT NULL); CREATE INDEX by_text ON chart (text)');
  const insert = database.prepare('INSERT INTO chart VALUES (?, ?)');
  database.exec('BEGIN');
  for (let row = 0; row < 2000; row++) insert.run(`${secret}-${row}`, `${secret} text ${row}`);
  database.exec('COMMIT');
}

describe('mails about a source with secrets in its rows', () => {
  it.each([
    ['pages overwritten by others', 0, { status: 'FAILED', error: 'SourceCorruptError' }],
    ['text changed behind its index', 1, { status: 'SUCCEEDED' }],
  ] as const)('do not repeat them when it has %s', async (_, how, expected) => {
    const platform = await testPlatform();
    const file = join(platform.folder, 'app.sqlite3');
    fill(file);
    const bytes = readFileSync(file);
    const opened = openSync(file, 'r+');
    if (how === 0)
      for (let page = 10; page < bytes.length / 4096 - 10; page += 2)
        writeSync(opened, bytes.subarray((page + 5) * 4096, (page + 6) * 4096), 0, 4096, page * 4096);
    else
      for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at + 40_000)) writeSync(opened, Buffer.from('Q'), 0, 1, at + secret.length - 1);

    const end = await runBackup(platform, request('2026-11-22T02:00:00Z'), new AbortController().signal);

    expect(end).toMatchObject(expected);
    const mails = mailsOf(platform);
    expect(mails).toHaveLength(1);
    for (const text of [...mails, ...platform.log.lines, JSON.stringify(end), JSON.stringify((await platform.catalogue.audit.list()).items)]) {
      expect(text).not.toContain('4711');
      expect(text).not.toContain('diagnosi');
    }
  });
});
