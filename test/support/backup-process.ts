/**
 * `node backup-process.ts FOLDER SLOT [WHERE]`: a process that runs the backup of a slot and writes its end. It kills
 * itself at WHERE: `before:dump` or `after:dump` (any step); `storing:sqlite3` (in the middle of writing an object
 * whose key contains this) or `stored:manifest` (right after). At `hanging:dump` it writes `hanging` and never goes on.
 */

import { FolderVault } from '../../core/vault/folder.ts';
import type { Task } from '../../core/workflow/interpreter.ts';
import { openLocalPlatform } from '../../local/open-platform.ts';
import { runBackup, stepsOf } from '../../local/workflow.ts';
import { TestClock } from './clock.ts';
import { testConfig } from './config.ts';
import { TestLog } from './log.ts';
import { never } from './never.ts';
import { request } from './request.ts';

const [folder = '', slot = '', where = 'nowhere:'] = process.argv.slice(2);
const [when, what = ''] = where.split(':');

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

class DeadlyVault extends FolderVault {
  override async create(key: string, bytes: AsyncIterable<Uint8Array>) {
    const concerned = key.includes(`.${what}`);
    const stored = await super.create(key, concerned && when === 'storing' ? deadly(bytes) : bytes);
    if (concerned && when === 'stored') die();
    return stored;
  }
}

/** Kills the process at the second chunk: by then the first one has been written. */
async function* deadly(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    yield chunk;
    die();
  }
}

function dangerous(name: string, step: Task): Task {
  return async (input, signal) => {
    if (name === what && when === 'before') die();
    if (name === what && when === 'hanging') {
      process.stdout.write('hanging\n');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    const result = await step(input, signal);
    if (name === what && when === 'after') die();
    return result;
  };
}

using opened = await openLocalPlatform({ config: testConfig(), folder }, { clock: new TestClock(), log: new TestLog() });
const platform = { ...opened, vault: new DeadlyVault(opened.vault.place, opened.presence.id) };
const safe = stepsOf(platform);
const steps = Object.fromEntries(Object.entries(safe).map(([name, step]) => [name, dangerous(name, step)])) as typeof safe;
const { status, error } = await runBackup(platform, request(slot), never, steps);
process.stdout.write(`${JSON.stringify({ status, error })}\n`);
