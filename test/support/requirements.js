// Plain JavaScript without packages: .ci/run asks before it installs any, on any Node.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Programs that tests start, or the product for them, any one of a line, with the Debian package of one. */
const needed = [
  [['openssl'], 'openssl'],
  [['gpgv', 'sqv'], 'gpgv'],
  [['tar'], 'tar'],
  [['xz', 'dpkg-deb'], 'xz-utils'],
];

/** Sets Vitest up: throws an error with everything that this machine lacks, before any test fails for it. */
export default function setup() {
  const lacking = needed.filter(([programs]) => !programs.some(isOnPath));
  if (lacking.length === 0) return;
  const programs = lacking.map(([each]) => each.join(' or ')).join(', ');
  throw new Error(`the tests need programs that this machine lacks: ${programs}. On Debian: apt install ${lacking.map(([, name]) => name).join(' ')}`);
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
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
