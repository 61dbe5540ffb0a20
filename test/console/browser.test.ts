import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { servedFor, sharedBrowser } from '../support/browser.ts';
import { browserAbsence } from '../support/chromium.ts';
import { type TestPlatform, testPlatform } from '../support/platform.ts';
import { incidentOf, runOf } from '../support/records.ts';
import { putStored, tableOf } from '../support/stored-backup.ts';

const browser = sharedBrowser();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const id = 'main-20261122_020000Z';

/** Pages with something of everything on them. */
const paths = ['/', '/backups', '/backups?state=failed', `/backups/${id}`, '/runs/main-20261122_120000Z', '/health', '/audit', '/backups/none', '/language/en'];

async function filled(): Promise<TestPlatform> {
  const platform = await testPlatform({ config: { timeZone: 'Europe/Paris' } });
  await putStored(platform, '2026-11-21T02:00:00Z');
  await putStored(platform, '2026-11-22T02:00:00Z', {
    tables: [tableOf('person', 130, 'b'), tableOf('a_table_with_a_name_that_is_as_long_as_names_of_tables_can_be', 5)],
    change: { proof: { verdict: 'flawed', at: '2026-11-22T02:01:00Z', seconds: 3 } },
    proof: { flaws: [{ what: 'CHECK CONSTRAINT fits of note: a row violates it', remedy: 'UPDATE note SET size = 1' }] },
  });
  const error = { name: 'SourceMissingError', message: 'there is no file /srv/a-long-path/with-many-folders/in-which-it-was/app.sqlite3' };
  await platform.catalogue.runs.end(runOf('2026-11-22T12:00:00Z'), { status: 'failed', error }, platform.clock.now());
  await platform.catalogue.incidents.change('main', 'backup-failed', () => incidentOf('2026-11-22T12:00:00Z'));
  return platform;
}

/** Marks the page; a page that was loaded anew has lost the mark. */
const mark = (page: Page) => page.evaluate(() => Object.assign(globalThis, { marked: true }));
const isMarked = (page: Page) => page.evaluate(() => 'marked' in globalThis);

describe.skipIf(browserAbsence !== '')(`in a browser${browserAbsence && ` (${browserAbsence})`}`, () => {
  it('a person backs up now, sees the result without a reload, and downloads the stored bytes in three clicks', async () => {
    const enter = await servedFor(await testPlatform(), browser());
    const { page } = await enter();
    await mark(page);
    expect(await page.textContent('h1')).toBe('No backup has been made yet.');
    await page.click('text=Back up now');
    await page.waitForSelector('text=The backup has begun.');
    await page.waitForSelector('h1:has-text("Your database is safe.")', { timeout: 20_000 });
    expect(await isMarked(page)).toBe(true);
    await page.click('article .newest a');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("Download")')]);
    const sum = createHash('sha256')
      .update(readFileSync(await download.path()))
      .digest('hex');
    expect(await page.textContent('main')).toContain(sum);
    expect(download.suggestedFilename()).toMatch(/^manual_backup_\d{8}_\d{6}Z\.sqlite3\.zst$/);
  });

  it('a person without JavaScript can do the same', async () => {
    const enter = await servedFor(await testPlatform(), browser());
    const { page } = await enter({ javaScriptEnabled: false });
    await page.click('text=Back up now');
    expect(await page.textContent('.said')).toContain('The backup has begun.');
    await expect
      .poll(
        async () => {
          await page.reload();
          return page.textContent('h1');
        },
        { timeout: 20_000 },
      )
      .toBe('Your database is safe.');
  });

  it('a person with a keyboard alone holds a backup', async () => {
    const platform = await filled();
    const { page, origin } = await (await servedFor(platform, browser()))();
    await page.goto(`${origin}/backups/${id}`);
    await mark(page);
    const tabTo = async (text: string) => {
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press('Tab');
        if ((await page.evaluate('document.activeElement?.textContent')) === text) return;
      }
      throw new Error(`the keyboard does not come to ${text}`);
    };
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Skip to the content');
    await tabTo('Hold');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('before <the> migration');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=before <the> migration');
    expect(await page.textContent('#said')).toContain('The backup is held');
    expect(await isMarked(page)).toBe(true);
    expect((await platform.catalogue.backups.get(id))?.hold).toMatchObject({ by: 'console:alice', reason: 'before <the> migration' });
  });

  it('a person filters the list, and changes the language', async () => {
    const { page, origin } = await (await servedFor(await filled(), browser()))();
    await page.goto(`${origin}/backups`);
    await page.selectOption('select[name=state]', 'flawed');
    await page.click('button:has-text("Filter")');
    expect(await page.locator('tbody tr').count()).toBe(1);
    await page.click('text=Français');
    expect(await page.textContent('h1')).toBe('Sauvegardes');
    expect(page.url()).toContain('state=flawed');
  });

  it('a session that ends while a page is open is told there, and loses nothing that was typed', async () => {
    const platform = await filled();
    const { page, origin } = await (await servedFor(platform, browser()))();
    await page.goto(`${origin}/backups/${id}`);
    await page.click('summary:has-text("Hold")');
    await page.fill('#reason', 'a long thought');
    platform.clock.set('2026-11-23T17:00:00Z');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:has-text("Your session has ended")');
    expect(await page.inputValue('textarea')).toBe('a long thought');
  });

  describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
    it('axe finds nothing on any page, and no page is wider than a phone', async () => {
      const { page, origin } = await (await servedFor(await filled(), browser()))({ colorScheme, locale: 'fr-FR', viewport: { width: 390, height: 800 } });
      const errors: string[] = [];
      page.on('console', (message) => message.type() === 'error' && !message.text().includes('404') && errors.push(message.text()));
      page.on('pageerror', (error) => errors.push(error.message));
      for (const path of paths) {
        await page.goto(`${origin}${path}`);
        for (const summary of await page.locator('summary').all()) await summary.click();
        await page.evaluate(axe);
        const found = await page.evaluate(() =>
          (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run(),
        );
        expect([path, found.violations.map((each) => `${each.id}: ${each.nodes[0]?.html}`)]).toEqual([path, []]);
        expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 390]);
      }
      expect(errors).toEqual([]);
    });
  });
});
