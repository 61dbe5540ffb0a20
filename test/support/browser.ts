import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { serveConsole } from '../../local/console.ts';
import { UnderWay } from '../../local/under-way.ts';
import { browserAbsence, launchBrowser } from './chromium.ts';
import { freePort } from './free-port.ts';
import type { TestPlatform } from './platform.ts';

/** Gives the tests of a file one browser. To be called outside of tests. */
export function sharedBrowser(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (browserAbsence === '') browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  return () => browser as Browser;
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
