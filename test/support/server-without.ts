import { chmodSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Work } from '../../core/engines/engine.ts';
import { testWork, withTools } from './engine-work.ts';
import { temporaryFolder } from './folder.ts';
import { launcher, serverFolder } from './programs.ts';

/** Makes work whose scratch server lacks this extension. */
export async function workWithout(extension: string): Promise<Work> {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755); // the scratch server may be another user
  cpSync(await serverFolder(18), folder, { recursive: true, verbatimSymlinks: true });
  rmSync(join(folder, 'share/postgresql/18/extension', `${extension}.control`));
  return withTools(testWork(), { server: () => launcher(folder), older: async () => undefined });
}
