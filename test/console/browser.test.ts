import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createAdaptorServer } from '@hono/node-server';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openIdDoor } from '../../console/doors/openid.ts';
import { languageCookie } from '../../console/order-routes.ts';
import { howToRestoreKey } from '../../core/names.ts';
import { type ServedConsole, serveConsole } from '../../local/console.ts';
import { machine } from '../../local/home.ts';
import { openLocalPlatform } from '../../local/open-platform.ts';
import { UnderWay } from '../../local/under-way.ts';
import { startBrowser } from '../support/browser.ts';
import { TestClock } from '../support/clock.ts';
import { testConfig } from '../support/config.ts';
import { consoleOf } from '../support/console.ts';
import { untold } from '../support/executions.ts';
import { freePort } from '../support/free-port.ts';
import { TestLog } from '../support/log.ts';
import { listening } from '../support/mail-server.ts';
import { openIdProvider } from '../support/openid-provider.ts';
import { type TestPlatform, testPlatform } from '../support/platform.ts';
import { incidentOf, runOf } from '../support/records.ts';
import { sampleDatabase } from '../support/sqlite.ts';
import { putStored, tableOf } from '../support/stored-backup.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [desk, phone] = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];
const old = 'main-20261121_020000Z';
const id = 'main-20261122_020000Z';

let browser: Browser;
/** A window for all tests: another costs as much as a whole test. Each enters anew, and at an address of its own. */
let window: Page;
let platform: TestPlatform;
let console: ServedConsole;
let origin: string;
/** What the browser complained about. */
let complaints: string[];

beforeAll(async () => {
  browser = await startBrowser();
  window = await open({});
});
afterAll(() => browser.close());

const config = { timeZone: 'Europe/Paris', targets: { 'the-rehearsal-of-restores-on-a-long-name': { engine: 'sqlite', file: 'rehearsal.sqlite3' } } } as const;

async function serve(): Promise<void> {
  const underWay = new UnderWay();
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  complaints = [];
  const { signal } = new AbortController();
  console = await serveConsole(platform, port, { underWay, told: untold, person: 'console:alice', signal });
}

async function stopServing(): Promise<void> {
  await window.goto('about:blank'); // so that it asks nobody who is gone
  for (const context of browser.contexts()) await (context === window.context() ? context.clearCookies() : context.close());
  await console[Symbol.asyncDispose]();
  await platform.executions.stop();
}

/** A script or a style of another's, a refused connection, an exception: none is ever right. */
function expectNoComplaint(): void {
  const all = complaints;
  complaints = [];
  expect(all).toEqual([]);
}

/** Gives each test of a group a machine and its console. */
function eachOnItsOwn(): void {
  beforeEach(async () => {
    platform = await testPlatform({ config });
    await serve();
  });
  afterEach(async () => {
    await stopServing();
    expectNoComplaint();
  });
}

async function open(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: desk, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && !message.text().includes('status of 401') && complaints.push(message.text()));
  page.on('request', (request) => /^(about:|data:)/.test(request.url()) || request.url().startsWith(`${origin}/`) || complaints.push(request.url()));
  return page;
}

/** Has somebody enter by the link, in a window without cookies; the overview is shown. */
async function enter(page = window): Promise<Page> {
  await page.goto(console.link());
  return page;
}

/** Marks a page; the mark is gone once the page was loaded again. */
const mark = (page: Page) => page.evaluate('document.body.mark = 1');
const isMarked = (page: Page) => page.evaluate('document.body.mark === 1');

/** Makes backups of `main` wait: another program writes to it, until the result is called. */
function lockSource(): () => void {
  const database = new DatabaseSync(join(platform.folder, 'app.sqlite3'));
  database.exec('BEGIN EXCLUSIVE');
  let isOpen = true;
  const release = () => {
    if (isOpen) database.close();
    isOpen = false;
  };
  onTestFinished(release);
  return release;
}

describe('a person who has never seen it', () => {
  eachOnItsOwn();

  it('enters by the link, backs up now, sees it finish on every page that shows it, and downloads it in two more clicks', async () => {
    const release = lockSource();
    const page = await enter();
    expect(await page.title()).toBe('Overview · Sauvegarde');
    expect(await page.textContent('h1')).toBe('No backup has been made yet.');
    await mark(page);
    await page.click('text=Back up now');
    await page.waitForSelector('#said >> text=The backup has begun.');
    await page.waitForSelector('article progress');
    const ofRun = await page.context().newPage();
    await ofRun.goto(new URL((await page.getAttribute('article .running', 'href')) ?? '', origin).href);
    await ofRun.waitForSelector('.badge.busy >> text=under way');
    await mark(ofRun);
    const list = await page.context().newPage();
    await list.goto(`${origin}/backups`);
    await list.waitForSelector('#running progress');
    await mark(list);
    release();
    await page.waitForSelector('h1 >> text=Your database is safe.');
    await ofRun.waitForSelector('.badge.good >> text=done');
    await list.waitForSelector('#list tbody tr >> text=Download');
    expect([await isMarked(page), await isMarked(ofRun), await isMarked(list)]).toEqual([true, true, true]);
    await list.close();
    await ofRun.click('a.running.card.good');
    expect(await ofRun.textContent('h2 >> nth=0')).toBe('Facts');
    await ofRun.close();

    await page.click('article .newest a');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    const bytes = readFileSync(await download.path());
    expect(download.suggestedFilename()).toMatch(/^manual_backup_20261122_17\d{4}Z\.sqlite3\.zst$/);
    expect(await page.textContent('dl.facts')).toContain(createHash('sha256').update(bytes).digest('hex'));
  });

  it('without JavaScript does the same', async () => {
    const page = await enter(await open({ javaScriptEnabled: false }));
    await page.click('text=Back up now');
    await page.waitForSelector('#said >> text=The backup has begun.');
    await platform.executions.stop(); // waits for what runs
    await page.reload();
    expect(await page.textContent('h1')).toMatch(/safe|attention/);
  });
});

describe('a person who signs in elsewhere', () => {
  eachOnItsOwn();

  it('somebody who comes back from the page of a provider elsewhere is in at once, where they wanted to be', async () => {
    const port = await freePort();
    const own = `http://127.0.0.1:${port}`;
    const provider = await openIdProvider(`${own}/signed-in`, 'localhost');
    const { app } = consoleOf(platform, {
      door: openIdDoor({ issuer: provider.issuer, clientId: provider.clientId, group: 'sauvegarde', groupClaim: 'groups', origin: own }),
      origins: [own],
    });
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    onTestFinished(() => void server.close());
    await listening(server.listen(port, '127.0.0.1'));
    const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await page.goto(`${own}/health`);
    await page.click('main a.button');
    await page.waitForURL(`${provider.issuer}/**`);
    await page.fill('[name=person]', 'alice');
    await page.click('button');
    await page.waitForSelector('h1 >> text=Nothing is wrong.');
    expect(page.url()).toBe(`${own}/health`);
    await page.click('text=Sign out');
    await page.waitForURL(`${provider.issuer}/session/end**`);
  });
});

describe('with a few backups', () => {
  eachOnItsOwn();

  beforeEach(async () => {
    for (const slot of ['2026-11-21T02:00:00Z', '2026-11-22T02:00:00Z']) await putStored(platform, slot);
    writeFileSync(join(platform.folder, 'vault', howToRestoreKey), 'every vault has it, which says that it is there');
  });

  it('the list is filtered, and says what it shows', async () => {
    await platform.catalogue.backups.change(old, (backup) => ({ ...backup, proof: { verdict: 'flawed' } }));
    const page = await enter();
    await page.click('nav >> text=Backups');
    expect(await page.locator('tbody tr').count()).toBe(2);
    await page.selectOption('[name=state]', { label: 'flawed' });
    await page.click('form.filters button');
    await page.waitForURL(/state=flawed/);
    expect(await page.locator('tbody th a').getAttribute('href')).toBe(`/backups/${old}`);
    expect(await page.inputValue('[name=state]')).toBe('flawed');
  });

  it('a hold and its release are given and seen without loading the page again', async () => {
    const page = await enter();
    await page.goto(`${origin}/backups/${id}`);
    await mark(page);
    await page.fill('[name=confirmed]', 'what is being typed elsewhere');
    await page.click('summary >> text=Hold');
    await page.fill('#reason', 'before the <b>migration</b>');
    await page.click('#hold');
    await page.waitForSelector('text=Held by console:alice since');
    expect(await page.textContent('#backup .notice')).toContain('before the <b>migration</b>');
    await page.click('#release');
    await page.waitForSelector('#said >> text=held no more');
    expect(await page.locator('text=Held by').count()).toBe(0);
    expect(await page.inputValue('[name=confirmed]')).toBe('what is being typed elsewhere');
    expect(await isMarked(page)).toBe(true);
  });

  it('everything can be done with the keyboard alone', async () => {
    const page = await enter();
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = () => page.evaluate('(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).trim()');
    await press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await press('Enter', 'Tab');
    expect(await focused()).toBe('main'); // the first link of the content
    await press('Tab');
    expect(await focused()).toBe('Back up now: main');
    lockSource();
    await press('Enter');
    await page.waitForSelector('article progress');
    expect(await focused()).toBe('Back up now: main'); // the card was replaced, the place is the same
    await platform.executions.stop();
    await page.waitForSelector('article progress', { state: 'detached' });
    expect(await focused()).toBe('Back up now: main');
    await page.goto(`${origin}/backups/${old}`);
    await page.focus('#verify');
    await press('Tab', 'Enter', 'Tab');
    await page.keyboard.type('audit of 2026');
    await press('Enter');
    await page.waitForSelector('text=Held by console:alice since');
    expect((await platform.catalogue.backups.get(old))?.hold?.reason).toBe('audit of 2026');
  });

  it.each([true, false])('a session that ends while a form is open loses nothing that was typed (JavaScript: %s)', async (javaScriptEnabled) => {
    const page = await enter(javaScriptEnabled ? window : await open({ javaScriptEnabled }));
    await page.goto(`${origin}/backups/${id}`);
    await page.click('summary >> text=Hold');
    await page.fill('#reason', 'the long story of why');
    platform.clock.set('2026-11-23T06:00:00Z');
    await page.click('#hold');
    await page.waitForSelector('h1 >> text=Your session has ended');
    expect(await page.inputValue('textarea')).toBe('the long story of why');
    expect((await platform.catalogue.backups.get(id))?.hold).toBeUndefined();
    await page.goto(console.link());
    await page.waitForSelector('#said >> text=filled in as you left it');
    expect(page.url()).toBe(`${origin}/backups/${id}`);
    expect(await page.inputValue('#reason')).toBe('the long story of why');
    await page.click('#hold');
    await page.waitForSelector('text=Held by console:alice since');
    expect((await platform.catalogue.backups.get(id))?.hold?.reason).toBe('the long story of why');
    expect(await page.locator('text=filled in as you left it').count()).toBe(0);
  });
});

describe('every page', () => {
  const paths = ['/', '/backups', '/backups?state=failed', `/backups/${id}`, `/backups/${old}`, '/runs/main-20261122_120000Z', '/health', '/audit', '/nowhere'];

  const folder = mkdtempSync(join(tmpdir(), 'sauvegarde-test-'));

  // one machine for all of them: nothing changes on it
  beforeAll(async () => {
    sampleDatabase(join(folder, 'app.sqlite3'), { rows: 200 });
    const [clock, log] = [new TestClock(), new TestLog()];
    platform = Object.assign(await openLocalPlatform({ config: testConfig(config), folder }, { clock, log }), { clock, log, folder }) as TestPlatform;
    const long = 'a_table_of_a_very_long_name_that_nobody_would_write_by_hand_but_that_a_framework_makes';
    await putStored(platform, '2026-11-21T02:00:00Z', { tables: [tableOf(long, 12_345_678), tableOf('gone', 1)], change: { proof: { verdict: 'flawed' } } });
    await putStored(platform, '2026-11-22T02:00:00Z', {
      tables: [tableOf(long, 12_345_999, 'b'), tableOf('new', 5)],
      change: { hold: { by: 'console:alice', since: '2026-11-22T03:00:00Z', reason: long } },
      proof: { notes: ['a note'], unproven: ['a part'] },
      restore: [`zstd -d backup_20261122_020000Z.sqlite3.zst -o /srv/application/data/${long}.sqlite3`],
    });
    await platform.catalogue.backups.change(old, (backup) => ({ ...backup, status: 'retired', retiredAt: '2026-11-22T03:00:00Z' }));
    const run = runOf('2026-11-22T12:00:00Z');
    await platform.catalogue.runs.end(
      run,
      { status: 'failed', error: { name: 'SourceMissingError', message: `there is no file /srv/${long}.sqlite3` } },
      platform.clock.now(),
    );
    await platform.catalogue.incidents.change('main', 'backup-failed', () => incidentOf('2026-11-22T12:00:00Z'));
    const home = machine(platform, { author: { by: 'console:alice', claimed: false }, signal: new AbortController().signal });
    await home.carryOut({ action: 'release', backup: id });
    await home.carryOut({ action: 'hold', backup: id, reason: long });
    await serve();
    await enter();
  });
  afterEach(expectNoComplaint);
  afterAll(async () => {
    await stopServing();
    platform[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });

  const axeFinds = async (page: Page, options: object) => {
    // nothing is asked of the network, and nothing kept of what is in order
    const run = `axe.run(${JSON.stringify({ resultTypes: ['violations'], preload: false, ...options })})`;
    const { violations } = (await page.evaluate(run)) as { violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] };
    return violations.map(({ id: rule, nodes: [first] }) => `${rule}: ${first?.html} ${first?.failureSummary}`);
  };
  const fits = async (page: Page, path: string, language: string) => {
    expect([path, await page.evaluate('[document.documentElement.lang, document.documentElement.scrollWidth]')]).toEqual([path, [language, phone.width]]);
    const sizes = (await page.evaluate('performance.getEntries().map(({ encodedBodySize }) => encodedBodySize).filter((size) => size > 0)')) as number[];
    expect(sizes.length).toBeGreaterThanOrEqual(3); // the page, its style, its script
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(50_000);
  };

  const look = async (page: Page, where: string) => {
    await page.evaluate(axe);
    await page.emulateMedia({ colorScheme: 'light' });
    expect([where, await axeFinds(page, {})]).toEqual([where, []]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect([where, await axeFinds(page, { runOnly: ['color-contrast'] })]).toEqual([where, []]);
  };

  // each on its own: together they would take longer on a slow machine than a test may
  it.each(paths)('%s passes axe in both themes, fits a phone of 390 pixels in English and in French, and weighs less than 50 KB', async (path) => {
    const page = window;
    await page.context().clearCookies({ name: languageCookie });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(phone);
    await page.goto(`${origin}${path}`);
    await fits(page, path, 'en');
    await page.setViewportSize(desk);
    for (const summary of await page.locator('summary').all()) await summary.click();
    await look(page, path);
    await page.setViewportSize(phone);
    await page.click('.language');
    await page.waitForSelector('html[lang=fr]');
    await fits(page, path, 'fr');
    complaints = complaints.filter((complaint) => !complaint.includes('404'));
  });

  it('the language that was chosen can be left again', async () => {
    const page = window;
    await page.context().clearCookies({ name: languageCookie });
    await page.goto(origin);
    for (const language of ['fr', 'en']) {
      await page.click('.language');
      await page.waitForSelector(`html[lang=${language}]`);
    }
  });

  it('before signing in and after signing out passes axe in both themes', async () => {
    const page = window;
    await page.setViewportSize(desk);
    await page.goto(origin);
    await page.click('text=Sign out');
    await page.waitForSelector('h1 >> text=signed out');
    await look(page, 'signed out');
    await page.goto(`${origin}/backups`);
    await look(page, 'sign in');
  });
});
