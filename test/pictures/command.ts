import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BrowserContextOptions } from 'playwright-core';
import { type ServedConsole, serveConsole } from '../../local/console.ts';
import { UnderWay } from '../../local/under-way.ts';
import { startBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { liveMonth } from './month.ts';
import { makeScenes, type Scene } from './scenes.ts';

/* `npm run screenshots`: takes pictures of the console. */

interface Picture extends BrowserContextOptions {
  path: string;
  /** True for the whole page, however long it is. */
  fullPage: boolean;
}

const usage = `npm run screenshots
    takes the README's pictures of the console, into docs/pictures
npm run screenshots -- FOLDER [PATTERN]
    takes every page and every state of one, light and dark, in English and French, for a desk (1280) and a phone (390),
    into a folder: busy-fr-dark-390.png. With a pattern, those whose names match: '^(busy|down).*fr'`;
const {
  values: { help },
  positionals: [all, only = ''],
} = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } });
if (help) {
  console.log(usage);
  process.exit();
}
const desk = { width: 1180, height: 780 };

function picturesOf(newest: string, failed: string): Record<string, Picture> {
  const [overview, backup] = ['/', `/backups/${newest}`];
  if (all === undefined)
    return {
      'overview.png': { path: overview, viewport: desk, fullPage: true },
      'backup.png': { path: backup, viewport: { ...desk, height: 860 }, fullPage: false },
      'phone.png': { path: '/health', viewport: { width: 390, height: 720 }, colorScheme: 'dark', fullPage: false },
    };
  const paths = {
    overview,
    backups: '/backups',
    failed: '/backups?state=failed',
    backup,
    run: `/runs/${failed}`,
    health: '/health',
    audit: '/audit',
    none: '/nowhere',
  };
  return Object.assign({}, ...Object.entries(paths).map(([name, path]) => guisesOf(name, path)));
}

/** A page in both themes, both languages and two widths. */
function guisesOf(name: string, path: string): Record<string, Picture> {
  const made: Record<string, Picture> = {};
  for (const colorScheme of ['light', 'dark'] as const)
    for (const locale of ['en-GB', 'fr-FR'])
      for (const width of [1280, 390])
        made[`${name}-${locale.slice(0, 2)}-${colorScheme}-${width}.png`] = { path, locale, colorScheme, viewport: { width, height: 800 }, fullPage: true };
  return Object.fromEntries(Object.entries(made).filter(([file]) => file.match(only)));
}

const to = resolve(all ?? join(import.meta.dirname, '../../docs/pictures'));
const folder = join(tmpdir(), 'sauvegarde-pictures'); // a name that can be seen in pictures
mkdirSync(folder, { mode: 0o700 });
try {
  using platform = await liveMonth(folder);
  const { items: backups } = await platform.catalogue.backups.list({ database: 'members', limit: 1 });
  const { items: runs } = await platform.catalogue.runs.list({ status: 'failed', limit: 1 });
  await using browser = await startBrowser();
  mkdirSync(to, { recursive: true });
  const take = async (scene: Scene, pictures: Record<string, Picture>) => {
    if (Object.keys(pictures).length === 0) return;
    await using served = await serve(scene);
    const origin = new URL(served.link()).origin;
    await using entrance = await browser.newContext();
    if (!scene.stranger) await (await entrance.newPage()).goto(served.link());
    const storageState = await entrance.storageState();
    for (const [name, { path, fullPage, ...options }] of Object.entries(pictures)) {
      await using context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', storageState, ...options });
      const page = await context.newPage();
      if (scene.isLeft) await page.goto(served.link());
      await page.goto(`${origin}${path}`);
      await scene.act?.(page);
      await page.screenshot({ path: join(to, name), fullPage });
      console.log(join(to, name));
    }
  };
  await take({ platform, path: '/' }, picturesOf(backups[0]?.id ?? '', runs[0]?.id ?? ''));
  if (all !== undefined) for (const [name, scene] of Object.entries(await makeScenes(platform, folder))) await take(scene, guisesOf(name, scene.path));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function serve({ platform, underWay = new UnderWay() }: Scene): Promise<ServedConsole> {
  const { signal } = new AbortController();
  return serveConsole(platform, await freePort(), { underWay, told: async () => undefined, person: 'console:alice', signal });
}
