import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { serveConsole } from '../../local/console.ts';
import { UnderWay } from '../../local/under-way.ts';
import { freePort } from './free-port.ts';
import type { TestPlatform } from './platform.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Finds a browser of the Chromium family: the one that SAUVEGARDE_TEST_BROWSER names, or one on PATH. */
function browserProgram(): string {
  const { PATH = '', SAUVEGARDE_TEST_BROWSER } = process.env;
  const candidates = [SAUVEGARDE_TEST_BROWSER ?? [], PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))].flat();
  const found = candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error('no Chromium on PATH: install it ("apt-get install chromium"), or set SAUVEGARDE_TEST_BROWSER to its program');
  return found;
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserProgram(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Gives the tests of a file one browser. To be called outside of tests. */
export function sharedBrowser(): () => Browser {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  return () => browser;
}

export interface Visitor {
  context: BrowserContext;
  page: Page;
  origin: string;
}

/** Serves the console of a platform for the duration of a test; the function gives a browser in which somebody has entered. */
export async function servedFor(platform: TestPlatform, browser: Browser): Promise<(options?: BrowserContextOptions) => Promise<Visitor>> {
  const stopped = new AbortController();
  const told = async (_: string, ended: Promise<unknown>) => void (await ended.catch(() => undefined));
  const served = await serveConsole(platform, await freePort(), { underWay: new UnderWay(), told, person: 'console:alice', signal: stopped.signal });
  onTestFinished(async () => {
    stopped.abort();
    await platform.executions.stop();
    await served[Symbol.asyncDispose]();
  });
  return async (options = {}) => {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const link = served.link();
    await page.goto(link);
    return { context, page, origin: new URL(link).origin };
  };
}
