import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { inFolder } from '../core/programs/launcher.ts';
import { type Manifest, readManifest } from '../core/programs/manifest.ts';
import { EmptyRoot } from './empty-root.ts';
import { whyNotRun } from './emulator.ts';

/** Result of a self-test. `faults` is empty for a folder that is complete and works. */
export interface SelfTest {
  faults: string[];
  /** First line of each program's output; empty if `whyNotRun` gives a reason not to run them. */
  versions: Record<string, string>;
}

/**
 * Compares a built folder with its manifest, then runs each of its programs in a root that holds nothing else, as a
 * user without a name.
 */
export async function selfTest(folder: string): Promise<SelfTest> {
  const manifest = await readManifest(folder);
  const faults = await differencesFrom(manifest, folder);
  if (faults.length > 0 || whyNotRun(manifest.architecture) !== undefined) return { faults, versions: {} };

  await using root = await EmptyRoot.make();
  const launch = await root.install(folder, 'programs');
  const versions: Record<string, string> = {};
  for (const [program, { probe }] of Object.entries(manifest.programs)) {
    const { status, out, err } = await root.run(
      launch(program),
      probe.map((word) => inFolder('/programs', word)),
    );
    const said = (out || err).trim();
    if (status === 0 && /\d/.test(said)) versions[program] = said.split('\n')[0] ?? '';
    else faults.push(`${program} ended with ${status} in an empty root: ${said.slice(-500) || 'it said nothing'}`);
  }
  return { faults, versions };
}

async function differencesFrom({ files }: Manifest, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const there = new Set(entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(folder, join(entry.parentPath, entry.name))));
  const faults: string[] = [];
  for (const { path, sha256 } of files) {
    if (!there.delete(path)) faults.push(`${path} is missing`);
    else if (
      createHash('sha256')
        .update(await readFile(join(folder, path)))
        .digest('hex') !== sha256
    )
      faults.push(`${path} is not what was built`);
  }
  there.delete('manifest.json');
  return [...faults, ...[...there].map((path) => `${path} was not built`)];
}
