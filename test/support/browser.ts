import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { browserPackage, browsers, pathOf } from './requirements.js';

/** Keeps a browser from everything that nobody asks it for: updates, first pages, a network of its own. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a browser: the machine's own, or the one that a package carries. Throws an error that says what to install. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = browsers.map(pathOf).find((path) => path !== undefined) ?? (await carried());
  return chromium.launch({ executablePath, args: quiet });
}

async function carried(): Promise<string> {
  if (!existsSync(browserPackage)) throw new Error('there is no browser. On Debian: apt install chromium');
  const { default: carrier } = (await import(new URL('build/index.js', browserPackage).href)) as { default: { executablePath(): Promise<string> } };
  return carrier.executablePath();
}
