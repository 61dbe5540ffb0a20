import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ConfigInput, parseConfig } from '../../core/config.ts';
import { type LocalPlatform, openLocalPlatform } from '../../local/platform.ts';
import { TestClock } from './clock.ts';
import { temporaryFolder } from './folder.ts';
import { TestLog } from './log.ts';
import { sampleDatabase } from './sqlite.ts';

export interface TestPlatform extends LocalPlatform {
  clock: TestClock;
  log: TestLog;
  /** The folder of the configuration: source, vault and state lie in it. */
  folder: string;
}

/** A local platform in a folder of its own, with a real source `main` (`app.sqlite3`), a clock to move and a log to read. Mails go to `state/outbox`. */
export async function testPlatform(options: { config?: Partial<ConfigInput>; clock?: TestClock; folder?: string; rows?: number } = {}): Promise<TestPlatform> {
  const folder = options.folder ?? temporaryFolder();
  if (options.folder === undefined) sampleDatabase(join(folder, 'app.sqlite3'), { rows: options.rows ?? 200 });
  const config = parseConfig(
    {
      administrators: ['admin@example.org'],
      databases: { main: { engine: 'sqlite', file: 'app.sqlite3' } },
      local: { vault: 'vault', state: 'state' },
      ...options.config,
    },
    'the test',
  );
  const clock = options.clock ?? new TestClock();
  const log = new TestLog();
  const platform = await openLocalPlatform({ config, folder }, { clock, log });
  onTestFinished(() => platform[Symbol.dispose]());
  return Object.assign(platform, { clock, log, folder });
}

/** What one asks for at an instant: a scheduled run of `main`. */
export function request(slot: string, database = 'main') {
  return { database, slot, kind: 'scheduled', requestedBy: 'test', again: false } as const;
}
