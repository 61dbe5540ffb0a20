import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Finds a browser of the Chromium family: the one that SAUVEGARDE_TEST_BROWSER names, or one on PATH. */
function browserProgram(): string | undefined {
  const { PATH = '', SAUVEGARDE_TEST_BROWSER } = process.env;
  const candidates = SAUVEGARDE_TEST_BROWSER ? [SAUVEGARDE_TEST_BROWSER] : PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Reason for which nothing can be tried in a browser here; empty if it can. */
export const browserAbsence = browserProgram()
  ? ''
  : 'no Chromium on PATH: install it (on Debian: apt install chromium), or name its program in SAUVEGARDE_TEST_BROWSER';

export async function launchBrowser(): Promise<Browser> {
  const executablePath = browserProgram();
  if (executablePath === undefined) throw new Error(browserAbsence);
  return chromium.launch({
    executablePath,
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
