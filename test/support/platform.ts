import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ConfigInput } from '../../core/config/config.ts';
import type { FolderVault } from '../../core/vault/folder.ts';
import { type LocalPlatform, openLocalPlatform } from '../../local/open-platform.ts';
import { TestClock } from './clock.ts';
import { testConfig } from './config.ts';
import { temporaryFolder } from './folder.ts';
import { TestLog } from './log.ts';
import { sampleDatabase } from './sqlite.ts';

export interface TestPlatform extends LocalPlatform {
  vault: FolderVault;
  clock: TestClock;
  log: TestLog;
  /** Folder of the configuration, with source, vault and state. */
  folder: string;
}

/**
 * Makes a local platform in a folder of its own, with a real source `main` (`app.sqlite3`), a clock to move and a log
 * to read. Mails go to `state/outbox`.
 */
export async function testPlatform(options: { config?: Partial<ConfigInput>; clock?: TestClock; folder?: string; rows?: number } = {}): Promise<TestPlatform> {
  const folder = options.folder ?? temporaryFolder();
  if (options.folder === undefined) sampleDatabase(join(folder, 'app.sqlite3'), { rows: options.rows ?? 200 });
  const config = testConfig(options.config);
  const clock = options.clock ?? new TestClock();
  const log = new TestLog();
  const platform = await openLocalPlatform({ config, folder }, { clock, log });
  onTestFinished(() => platform[Symbol.dispose]());
  return Object.assign(platform, { clock, log, folder }) as TestPlatform;
}

export { request } from './request.ts';
