import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Run } from '../../core/catalogue/runs.ts';
import { CatalogueUnavailableError } from '../../core/errors.ts';
import { createDemonstration } from '../../local/demonstration.ts';
import { type LocalPlatform, openLocalPlatform } from '../../local/open-platform.ts';
import { UnderWay } from '../../local/under-way.ts';
import { TestClock } from '../support/clock.ts';
import { testConfig } from '../support/config.ts';
import { TestLog } from '../support/log.ts';
import { backupOf, incidentOf, runOf } from '../support/records.ts';
import { putStored, tableOf } from '../support/stored-backup.ts';

/** A page as few see it. It is looked at by somebody who has entered, unless it is a stranger's. */
export interface Scene {
  platform: LocalPlatform;
  underWay?: UnderWay;
  path: string;
  stranger?: true;
  /** True if somebody leaves in it, who enters again for the next picture. */
  isLeft?: true;
  /** Leads from the page to what is looked at. */
  act?: (page: Page) => Promise<unknown>;
}

const long = 'the-orders-of-the-online-shop-since-2019';
const sentence = 'kept until the auditors have compared every invoice of the year with the orders of the shop, as the association has decided in its assembly';

/** Makes the scenes, by their names, on platforms in a folder. */
export async function makeScenes(month: LocalPlatform, folder: string): Promise<Record<string, Scene>> {
  const [empty, crowd] = [
    await opened(folder, 'empty', ['members']),
    await opened(folder, 'crowd', [long, ...Array.from({ length: 12 }, (_, at) => `site-${at}`)]),
  ];
  const { items } = await month.catalogue.backups.list({ database: 'members', limit: 1 });
  const newest = `/backups/${items[0]?.id}`;
  const underWay = await keepBusy(month, items[0]?.id ?? '');
  const flawed = await fill(crowd);
  return {
    'sign-in': { platform: month, path: '/', stranger: true },
    'used-link': { platform: month, path: '/enter?key=used', stranger: true },
    'session-ended': { platform: month, path: newest, act: hold(async (page) => page.context().clearCookies()) },
    'form-again': { platform: month, path: newest, act: hold(spoil) },
    'other-session': { platform: month, path: newest, act: hold(spoil, false) },
    restore: { platform: month, path: newest, act: (page) => page.locator('#restore').scrollIntoViewIfNeeded() },
    'not-confirmed': { platform: month, path: newest, act: confirm },
    busy: { platform: month, underWay, path: '/' },
    'busy-run': { platform: month, underWay, path: '/runs/library-20261122_122000Z' },
    'busy-list': { platform: month, underWay, path: '/backups' },
    'to-begin': { platform: month, underWay, path: '/runs/members-20261122_122300Z' },
    'busy-proof': { platform: month, underWay, path: newest },
    empty: { platform: empty, path: '/' },
    'empty-list': { platform: empty, path: '/backups' },
    'empty-failed': { platform: empty, path: '/backups?state=failed' },
    'empty-audit': { platform: empty, path: '/audit?subject=nothing' },
    'empty-health': { platform: empty, path: '/health' },
    crowd: { platform: crowd, path: '/' },
    'crowd-list': { platform: crowd, path: '/backups?state=all' },
    retired: { platform: crowd, path: `/backups/${long}-20261118_060000Z` },
    partial: { platform: crowd, path: `/backups/${long}-20261117_060000Z` },
    missing: { platform: crowd, path: '/backups/site-5-20261119_050000Z' },
    stranger: { platform: crowd, path: '/backups/site-6-20261119_050000Z' },
    large: { platform: crowd, path: '/backups/site-7-20261122_050000Z', act: press('#download') },
    'signed-out': { platform: crowd, path: '/', isLeft: true, act: press('.out button') },
    'crowd-backup': { platform: crowd, path: `/backups/${flawed}` },
    'crowd-health': { platform: crowd, path: '/health' },
    'crowd-audit': { platform: crowd, path: '/audit' },
    'filtered-audit': { platform: month, path: '/audit?database=shop&author=scheduler&from=2026-11-21&to=2026-11-22' },
    retiring: { platform: month, path: newest, act: (page) => page.click('summary >> nth=1') },
    down: { platform: withoutCatalogue(month), path: '/' },
    'down-health': { platform: withoutCatalogue(month), path: '/health' },
    'vault-down': { platform: crowd, path: `/backups/${long}-20261121_060000Z` },
  };
}

/** Opens a platform whose databases are all one file. */
async function opened(folder: string, name: string, databases: string[]): Promise<LocalPlatform> {
  const own = join(folder, name);
  mkdirSync(own, { mode: 0o700 });
  createDemonstration(join(own, 'app.sqlite3'));
  const config = testConfig({
    timeZone: 'America/Cayenne',
    databases: Object.fromEntries(databases.map((each) => [each, { engine: 'sqlite', file: 'app.sqlite3', schedule: '0 2 * * *' }])),
    targets: { [long]: { engine: 'sqlite', file: 'other.sqlite3' } },
  });
  return openLocalPlatform({ config, folder: own }, { clock: new TestClock(new Date('2026-11-22T12:24:00Z')), log: new TestLog() });
}

/** Has a run dump, another wait for the end of its proof, and a backup be proven. */
async function keepBusy(platform: LocalPlatform, backup: string): Promise<UnderWay> {
  const underWay = new UnderWay();
  const options = { leaseEnds: new Date('2026-11-23T00:00:00Z'), now: platform.clock.now(), again: false };
  const [execution, slot] = [`${platform.presence.id}:1`, '2026-11-22T12:20:00Z'];
  const runs = ['library', 'shop'].map((database) => ({ ...runOf(slot), database, id: `${database}-20261122_122000Z`, execution, attempts: 1 }));
  for (const run of runs) await platform.catalogue.runs.open(run, options);
  const begun = (run: Run) => ({ ...run, attempts: 1 });
  for (const { id } of runs) await platform.catalogue.runs.change(id, execution, begun);
  const { progress } = underWay.watching(platform.log);
  progress({ run: runs[0]?.id ?? '', step: 'dump', bytes: 1_320_000_000, total: 4_100_000_000 });
  await platform.catalogue.runs.change(runs[1]?.id ?? '', execution, (run) => ({
    ...run,
    progress: { step: 'dumped', bytes: 2_100_000_000, begunAt: slot, at: slot },
  }));
  underWay.begin('verify', backup, () => new Promise<never>(() => undefined));
  return underWay;
}

/** Fills a platform with all that is long, wrong or unusual; returns the id of a flawed backup. */
async function fill(platform: LocalPlatform): Promise<string> {
  const flaws = [
    { what: `the view ${long.replaceAll('-', '_')}_by_month names a table that is gone`, remedy: `DROP VIEW ${long.replaceAll('-', '_')}_by_month` },
  ];
  const change = { database: long, hold: { by: 'console:alexandra.constantinople@association.example.org', since: '2026-11-22T06:10:00Z', reason: sentence } };
  await putStored(platform, '2026-11-20T06:00:00Z', { change: { database: long }, tables: [tableOf('a_table_that_is_gone', 3)] });
  const lost = await putStored(platform, '2026-11-21T06:00:00Z', { change: { database: long } });
  const { id } = await putStored(platform, '2026-11-22T06:00:00Z', {
    change: { ...change, proof: { verdict: 'flawed', at: '2026-11-22T06:01:00Z', seconds: 200 } },
    tables: [tableOf(`a_table_of_a_very_long_name_that_nobody_would_write_by_hand_but_a_framework_does`, 12_345_999, 'b'), tableOf('new', 5)],
    proof: { flaws, notes: ['the source was read while it was written to', sentence], unproven: ['large objects'] },
  });
  // the objects of one are gone
  const at = platform.vault.locate(lost.manifest);
  renameSync(at, `${at}.away`);
  await putStored(platform, '2026-11-18T06:00:00Z', { change: { database: long, status: 'retired', retiredAt: '2026-11-20T06:00:00Z' } });
  await putStored(platform, '2026-11-17T06:00:00Z', {
    change: { database: long, tables: 1, proof: { verdict: 'partial', at: '2026-11-17T06:01:00Z', seconds: 200 } },
    proof: { unproven: ['the extension postgis, which the scratch server lacks'] },
  });
  await platform.catalogue.backups.add(backupOf('2026-11-22T05:00:00Z', { database: 'site-7', size: 21_000_000_000 }));
  for (const [place, verdict] of (['refuted', 'partial', 'none'] as const).entries())
    await platform.catalogue.backups.add(backupOf(`2026-11-2${place}T05:00:00Z`, { database: `site-${place}`, proof: { verdict } }));
  await platform.catalogue.backups.add(backupOf('2026-11-19T05:00:00Z', { database: 'site-4', status: 'retired', retiredAt: '2026-11-21T05:00:00Z' }));
  await platform.catalogue.backups.add(backupOf('2026-11-19T05:00:00Z', { database: 'site-5', status: 'missing' }));
  await platform.catalogue.backups.add(backupOf('2026-11-19T05:00:00Z', { database: 'site-6', stranger: 'another database of another server' }));
  const message = `connection to server at "database-of-the-online-shop.cluster-c1a2b3d4e5f6.eu-west-3.rds.amazonaws.com" failed: ${sentence}`;
  const run = { ...runOf('2026-11-22T07:00:00Z'), database: long, id: `${long}-20261122_070000Z`, attempts: 4 };
  await platform.catalogue.runs.end(run, { status: 'failed', error: { name: 'SourceUnavailableError', message } }, platform.clock.now());
  for (const kind of ['backup-failed', 'backup-flawed', 'copy-behind'] as const)
    await platform.catalogue.incidents.change(long, kind, () =>
      incidentOf('2026-11-22T07:00:00Z', { database: long, kind, last: { at: run.slot, subject: run.id, error: { name: 'SourceUnavailableError', message } } }),
    );
  await platform.catalogue.incidents.change(undefined, 'sweep-failed', () => incidentOf('2026-11-22T01:00:00Z', { kind: 'sweep-failed' }));
  for (const detail of [sentence, message])
    await platform.catalogue.audit.append({ at: '2026-11-22T08:00:00Z', by: change.hold.by, claimed: true, action: 'held', subject: id, detail });
  return id;
}

function withoutCatalogue(platform: LocalPlatform): LocalPlatform {
  const fails = () => Promise.reject(new CatalogueUnavailableError('the catalogue does not answer: it took longer than 5 seconds'));
  const down = { list: fails, get: fails, change: fails };
  const catalogue = { ...platform.catalogue, backups: down, runs: down, incidents: down, standings: down };
  return { ...platform, catalogue } as unknown as LocalPlatform;
}

/** Fills in why a backup is held and sends that, after something has happened. */
function hold(before: (page: Page) => Promise<unknown>, andBack = true): (page: Page) => Promise<void> {
  return async (page) => {
    await page.click('details:has(#hold) summary');
    await page.fill('#reason', sentence);
    await before(page);
    await page.click('#hold');
    await page.waitForSelector('main .alone');
    if (before === spoil && andBack) await Promise.all([page.waitForURL(/backups/), page.click('main a.button')]);
  };
}

/** Makes the forms of a page those of another session. */
const spoil = (page: Page) => page.evaluate("for (const token of document.querySelectorAll('main [name=token]')) token.value = 'x'");

/** Presses a button that leads to another page. */
function press(button: string): (page: Page) => Promise<unknown> {
  return (page) => Promise.all([page.waitForURL('**'), page.click(button), page.waitForSelector('main .alone')]);
}

async function confirm(page: Page): Promise<void> {
  await page.fill('[name=confirmed]', 'member');
  await page.evaluate("document.querySelector('[name=confirmed]').removeAttribute('pattern')"); // as a browser without checks of its own
  await page.click('#restore');
  await page.waitForSelector('main .alone');
}
