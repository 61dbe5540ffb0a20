import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { runBackup } from '../../local/workflow.ts';
import { backupScenarios } from '../scenarios/backup.ts';
import { filesIn } from '../support/folder.ts';
import { mailsOf } from '../support/mail.ts';
import { never } from '../support/never.ts';
import { request, testPlatform } from '../support/platform.ts';

describe('the backup workflow on one machine', () => {
  backupScenarios(async () => {
    const platform = await testPlatform();
    const { catalogue, vault, clock } = platform;
    return {
      catalogue,
      vault,
      clock,
      serve: (slot) => runBackup(platform, request(slot), never),
      mails: async () => mailsOf(platform),
      source: { tables: 3, rows: 403, extension: 'sqlite3' },
      takeAway: async () => {
        rmSync(join(platform.folder, 'app.sqlite3'));
        return 'SourceMissingError';
      },
      unfinished: async () => {
        const visible = (await vault.list('')).map(({ key }) => key);
        return filesIn(vault.root).filter((file) => !visible.includes(file));
      },
    };
  });
});
