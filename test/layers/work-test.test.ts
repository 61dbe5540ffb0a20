import { cpSync, readdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { emulatorFor } from '../../layers/emulator.ts';
import { buildLayer, cacheFolder } from '../../layers/layers.ts';
import { architectures, ownArchitecture } from '../../layers/recipe/architecture.ts';
import { workTest } from '../../layers/work-test.ts';
import { emptyRootAbsence } from '../support/empty-root.ts';
import { temporaryFolder } from '../support/folder.ts';
import { TestLog } from '../support/log.ts';
import { coldStart, serverFolder, toolsFolder } from '../support/programs.ts';
import { unprivileged } from '../support/unprivileged.ts';

const module = new URL('../../layers/work-test.ts', import.meta.url);

function copyOf(folder: string): string {
  const copy = join(temporaryFolder(), 'programs');
  cpSync(folder, copy, { recursive: true });
  return copy;
}

describe.skipIf(emptyRootAbsence)('work in an empty root', () => {
  it(
    'is done by all programs, and nothing is left of it',
    async () => {
      const folders = [await toolsFolder(), await serverFolder(18)] as const;
      const temporary = temporaryFolder(); // others make roots meanwhile
      vi.stubEnv('TMPDIR', temporary);
      onTestFinished(() => void vi.unstubAllEnvs());
      let most = 0;
      const watcher = watch(temporary, () => (most = Math.max(most, readdirSync(temporary).length)));
      onTestFinished(() => watcher.close());
      await workTest(...folders);
      expect(readdirSync(temporary)).toEqual([]);
      expect(most).toBeGreaterThan(0);
    },
    coldStart,
  );

  it(
    'is done for an ordinary user too',
    async () => expect(await unprivileged(module, 'workTest', await toolsFolder(), await serverFolder(18))).toBe('done'),
    coldStart,
  );

  const others = architectures.filter((each) => each !== ownArchitecture());
  it.skipIf(others.some((other) => emulatorFor(other) === 'none')).each(others)(
    'is done by the emulated tools for %s',
    async (architecture) => {
      const options = { architecture, cache: cacheFolder(), mode: 'newest', log: new TestLog(), signal: AbortSignal.timeout(coldStart) } as const;
      await workTest(await buildLayer('database-tools', options), await serverFolder(18));
    },
    coldStart,
  );

  it.each(['sqlite3', 'zstd', 'pg_restore', 'pg_dumpall'])(
    'fails by name when %s is another program',
    async (program) => {
      const tools = copyOf(await toolsFolder());
      cpSync(join(tools, 'libexec', 'psql'), join(tools, 'libexec', program));
      await expect(workTest(tools, await serverFolder(18))).rejects.toThrow(new RegExp(`${program} .*(ended with \\d|did not give back)`));
    },
    coldStart,
  );

  it(
    'fails when the server has no zone data, and says what the server said',
    async () => {
      const servers = copyOf(await serverFolder(18));
      rmSync(join(servers, 'share', 'zoneinfo'), { recursive: true });
      await expect(workTest(await toolsFolder(), servers)).rejects.toThrow(/postgres did not start in an empty root: .*"TimeZone"/s);
    },
    coldStart,
  );
});
