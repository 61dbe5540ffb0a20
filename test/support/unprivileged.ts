import { execFile } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

/** User "nobody" on every Linux. */
const nobody = 65534;

/** Gives files to the user that `unprivileged` runs as. For an ordinary user they are its own already. */
export function giveAway(...paths: string[]): void {
  if (process.getuid?.() === 0) for (const path of paths) chownSync(path, nobody, nobody);
}

/** Changes the permissions of a file or folder until the test has finished, so that an ordinary user can remove it. */
export function narrow(path: string, mode: number): void {
  chmodSync(path, mode);
  onTestFinished(() => chmodSync(path, 0o700));
}

/**
 * Calls an exported function of a module as a user whom permissions bind: in a child that loads the module first and
 * then gives up being root. Returns the error it threw as `Name: message`, or `done`.
 */
export async function unprivileged(module: URL, name: string, ...words: string[]): Promise<string> {
  const source = `const [module, name, ...words] = process.argv.slice(1);
    const exported = await import(module);
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(${nobody}); process.setuid(${nobody}); }
    try {
      await exported[name](...words);
      console.log('done');
    } catch (error) {
      console.log(error.name + ': ' + error.message);
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source, module.href, name, ...words]);
  return stdout.trim();
}
