import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { memoryFolder } from './test/support/memory-folder.ts';
import ServersFirst from './test/support/servers-first.ts';
import { parts } from './test/with-processes.ts';

const include = ['test/**/*.test.ts'];

const globalSetup = ['test/support/requirements.js', 'test/support/server-broker.ts'];

/** Node's permission model without the right to start processes. */
const withoutProcesses = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', '--allow-addons', '--allow-worker', '--disable-warning=SecurityWarning'];

/** Room for tests that need much memory: collecting garbage takes a twelfth of their time otherwise. */
const withRoom = ['--min-semi-space-size=16', '--initial-heap-size=300'];

const temporary = memoryFolder();
if (temporary) process.env.TMPDIR = temporary;
// of a run: the names under which workers load a test file are new in each
if (!process.env.NODE_COMPILE_CACHE) {
  const compiled = mkdtempSync(join(tmpdir(), 'sauvegarde-compiled-'));
  process.env.NODE_COMPILE_CACHE = compiled;
  process.once('exit', () => rmSync(compiled, { recursive: true, force: true }));
}

export default defineConfig({
  test: {
    // the CDK's own validation takes longer than a synth; one test of `infra/stack.test.ts` turns it on
    env: { CDK_VALIDATION: 'false' },
    setupFiles: ['./test/support/each-file.ts'],
    // Node loads TypeScript by itself, and keeps what it has compiled for all workers
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // a file pays for no process of its own; what a file must give back, it gives back at its end
    isolate: false,
    // forks: a worker thread cannot change its umask or be killed like a process
    pool: 'forks',
    // two more than cores: many tests wait for a clock or a server meanwhile
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: ServersFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // what a test waits for comes late on a busy machine; one second is the default
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', './test/support/tally.ts'],
    projects: [
      { extends: true, test: { name: 'quick', include, exclude: Object.values(parts).flat(), execArgv: withoutProcesses } },
      ...Object.entries(parts).map(([name, files]) => ({
        extends: true as const,
        test: { name, include: files, globalSetup, ...(name === 'large' && { execArgv: withRoom }) },
      })),
    ],
  },
});
