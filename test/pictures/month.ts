import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { start } from '../../core/operations/orders/start.ts';
import { createDemonstration } from '../../local/demonstration.ts';
import { machine } from '../../local/home.ts';
import { type LocalPlatform, openLocalPlatform } from '../../local/open-platform.ts';
import { TestClock } from '../support/clock.ts';
import { testConfig } from '../support/config.ts';
import { TestLog } from '../support/log.ts';

const minute = 60_000;
/** Morning on which the month ends, in Cayenne. */
const end = Date.UTC(2026, 10, 22, 12, 24);
const files = { members: 'members.sqlite3', library: 'library.sqlite3', shop: 'shop.sqlite3' } as const;

/**
 * Lives through a month of real backups of the demonstration database, under three names: one that grows, one that is
 * new, one that fails at the end. `clock` stands at the last morning.
 */
export async function liveMonth(folder: string, days = 30): Promise<LocalPlatform & { clock: TestClock }> {
  const config = testConfig({
    timeZone: 'America/Cayenne',
    databases: {
      members: { engine: 'sqlite', file: files.members, schedule: '0 2 * * *' },
      library: { engine: 'sqlite', file: files.library, schedule: '30 2 * * *' },
      shop: { engine: 'sqlite', file: files.shop, schedule: '0 3 * * *' },
    },
    targets: { rehearsal: { engine: 'sqlite', file: 'rehearsal.sqlite3' } },
  });
  for (const file of Object.values(files)) createDemonstration(join(folder, file));
  const clock = new TestClock(new Date(end));
  const platform = Object.assign(await openLocalPlatform({ config, folder }, { clock, log: new TestLog() }), { clock });
  for (let day = days - 1; day >= 0; day--) {
    const night = end - day * 86_400_000 - 7.4 * 60 * minute; // 02:00 in Cayenne
    live(join(folder, files.members), 40 + ((day * 7) % 23));
    live(join(folder, files.shop), 12);
    await serve(platform, 'members', night);
    if (day < 11) await serve(platform, 'library', night + 30 * minute);
    if (day === 13 || day === 0) await without(join(folder, files.shop), () => serve(platform, 'shop', night + 60 * minute));
    else await serve(platform, 'shop', night + 60 * minute);
  }
  clock.set(new Date(end - 20 * minute));
  const alice = machine(platform, { author: { by: 'cli:alice', claimed: false }, signal: new AbortController().signal });
  const { items } = await alice.carryOut({ action: 'list', database: 'members', all: false });
  await alice.carryOut({ action: 'hold', backup: items[3]?.id ?? '', reason: 'before the move to the new server' });
  clock.set(new Date(end));
  return platform;
}

async function serve(platform: LocalPlatform & { clock: TestClock }, database: string, at: number): Promise<void> {
  platform.clock.set(new Date(at));
  const { executions } = await start(platform, { database, scheduled: new Date(at).toISOString(), requestedBy: 'scheduler' });
  for (const { name } of executions) await platform.executions.ended(name);
}

/** Adds a day's gifts, and lets a member leave. */
function live(file: string, gifts: number): void {
  using database = new DatabaseSync(file);
  database.exec('BEGIN');
  const gift = database.prepare("INSERT INTO gift (member_id, given, cents, purpose, receipt) VALUES (?, '2026-11-01', ?, 'don', ?)");
  for (let count = 0; count < gifts; count++) gift.run(1 + count * 13, 500 + 25 * count, Buffer.alloc(600, count * 7 + gifts));
  database.exec(`UPDATE member SET active = 0 WHERE id = ${gifts}; COMMIT`);
}

async function without(file: string, work: () => Promise<void>): Promise<void> {
  renameSync(file, `${file}.away`);
  try {
    await work();
  } finally {
    renameSync(`${file}.away`, file);
  }
}
