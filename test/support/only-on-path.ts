import { existsSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { temporaryFolder } from './folder.ts';

/** Leaves only this program on PATH until the test has finished. Returns whether this machine has it. */
export function onlyOnPath(program: string): boolean {
  const folder = temporaryFolder();
  const found = (process.env.PATH ?? '').split(delimiter).find((each) => existsSync(join(each, program)));
  if (found !== undefined) symlinkSync(join(found, program), join(folder, program));
  vi.stubEnv('PATH', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return found !== undefined;
}
