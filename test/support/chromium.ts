import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

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
