// Plain JavaScript without packages: .ci/run asks before it installs any, on any Node.
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Browsers that tests can drive. */
export const browsers = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Package that carries a browser, in a folder of its own, for machines where none can be installed; .ci/run does that. */
export const browserPackage = new URL('../../.browser/node_modules/@sparticuz/chromium/', import.meta.url);

/** Programs that tests start, or the product for them, any one of a line, with the Debian package of one. */
const needed = [
  [['openssl'], 'openssl'],
  [['gpgv', 'sqv'], 'gpgv'],
  [['tar'], 'tar'],
  [['xz', 'dpkg-deb'], 'xz-utils'],
  [browsers, 'chromium'],
];

/** Sets Vitest up: throws an error with everything that this machine lacks, before any test fails for it. */
export default function setup() {
  const lacking = needed.filter(([programs]) => !programs.some(pathOf) && (programs !== browsers || !existsSync(browserPackage)));
  if (lacking.length === 0) return;
  const programs = lacking.map(([each]) => each.join(' or ')).join(', ');
  throw new Error(`the tests need programs that this machine lacks: ${programs}. On Debian: apt install ${lacking.map(([, name]) => name).join(' ')}`);
}

/** Finds a program on PATH. */
export function pathOf(program) {
  const files = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    setup();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
