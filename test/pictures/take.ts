import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { BrowserContextOptions } from 'playwright-core';
import { parseConfig } from '../../core/config/config.ts';
import { start } from '../../core/operations/orders/start.ts';
import { serveConsole } from '../../local/console.ts';
import { type LocalPlatform, openLocalPlatform } from '../../local/platform.ts';
import { UnderWay } from '../../local/under-way.ts';
import { launchBrowser } from '../support/chromium.ts';
import { TestClock } from '../support/clock.ts';
import { freePort } from '../support/free-port.ts';

/*
 * Takes the pictures of the console in `docs/pictures`. They show the demonstration database after thirty days of real
 * backups, each proven, on a clock that this script moves.
 */

const pictures = join(import.meta.dirname, '../../docs/pictures');
const [days, lastDay] = [30, Date.UTC(2026, 10, 22)];
const nobody = { info: () => undefined, warn: () => undefined, error: () => undefined, progress: () => undefined };

const folder = mkdtempSync(join(tmpdir(), 'sauvegarde-pictures-'));
try {
  const clock = new TestClock(new Date(lastDay - (days - 1) * 86_400_000 + 2 * 3_600_000));
  const source = join(folder, 'state/demonstration.sqlite3');
  const config = parseConfig(
    {
      timeZone: 'UTC',
      administrators: ['admin@example.org'],
      databases: {
        members: { engine: 'sqlite', file: source },
        archive: { engine: 'sqlite', file: 'archive.sqlite3', schedule: '0 3 * * 0' },
      },
      local: { vault: 'backups', state: 'state' },
    },
    'the pictures',
  );
  using platform = await openLocalPlatform({ config, folder }, { clock, log: nobody });
  {
    using archive = new DatabaseSync(join(folder, 'archive.sqlite3'));
    archive.exec('CREATE TABLE letter (id INTEGER PRIMARY KEY, year INTEGER, text TEXT)');
  }
  for (let day = 0; day < days; day++) {
    clock.set(new Date(lastDay - (days - 1 - day) * 86_400_000 + 2 * 3_600_000));
    grow(source, day);
    await backUp(platform, 'members');
    if (clock.now().getUTCDay() === 0) await backUp(platform, 'archive');
  }
  clock.set(new Date(lastDay + 9 * 3_600_000 + 20 * 60_000));
  await photograph(platform);
  await platform.executions.stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Adds a day's rows. */
function grow(source: string, day: number): void {
  using database = new DatabaseSync(source);
  const gift = database.prepare("INSERT INTO gift (member_id, given, cents, purpose) VALUES (?, '2026-11-01', ?, 'don')");
  for (let count = 0; count < 40 + ((day * 37) % 90); count++) gift.run(1 + ((day * 131 + count * 17) % 2400), 500 + count * 100);
}

async function backUp(platform: LocalPlatform, database: string): Promise<void> {
  const { executions } = await start(platform, { database, scheduled: platform.clock.now().toISOString(), requestedBy: 'scheduler', claimed: false });
  for (const { name } of executions) await platform.executions.ended(name);
}

async function photograph(platform: LocalPlatform): Promise<void> {
  await using served = await serveConsole(platform, await freePort(), {
    underWay: new UnderWay(),
    told: async () => undefined,
    person: 'console:alice',
    signal: new AbortController().signal,
  });
  const browser = await launchBrowser();
  try {
    const { items } = await platform.catalogue.backups.list({ database: 'members', limit: 1 });
    const wide: BrowserContextOptions = { viewport: { width: 1280, height: 720 }, locale: 'en-GB', colorScheme: 'light' };
    const views: [name: string, path: string, options: BrowserContextOptions][] = [
      ['overview', '/', wide],
      ['overview-dark', '/', { ...wide, colorScheme: 'dark' }],
      ['backups', '/backups', wide],
      ['backup', `/backups/${items[0]?.id}`, { ...wide, viewport: { width: 1280, height: 1000 } }],
      ['health-french', '/health', { ...wide, locale: 'fr-FR', colorScheme: 'dark' }],
      ['phone', '/', { ...wide, viewport: { width: 390, height: 800 }, locale: 'fr-FR' }],
    ];
    for (const [name, path, options] of views) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      const link = served.link();
      await page.goto(link);
      await page.goto(`${new URL(link).origin}${path}`);
      await page.screenshot({ path: join(pictures, `${name}.png`) });
      await context.close();
    }
  } finally {
    await browser.close();
  }
}
