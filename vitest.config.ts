import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { memoryFolder } from './test/support/memory-folder.ts';
import ServersFirst from './test/support/servers-first.ts';
import { withProcesses } from './test/with-processes.ts';

const include = ['test/**/*.test.ts'];

/** Node's permission model without the right to start processes. */
const withoutProcesses = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', '--allow-addons', '--allow-worker', '--disable-warning=SecurityWarning'];

const temporary = memoryFolder();
if (temporary) process.env.TMPDIR = temporary;

export default defineConfig({
  test: {
    setupFiles: ['./test/support/compile-cache.ts'],
    // forks: a worker thread cannot change its umask or be killed like a process
    pool: 'forks',
    // one more than cores: many tests wait for a clock or a server meanwhile
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: ServersFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/tally.ts'],
    projects: [
      { extends: true, test: { name: 'quick', include, exclude: withProcesses, execArgv: withoutProcesses, isolate: false } },
      {
        extends: true,
        test: { name: 'processes', include: withProcesses, globalSetup: ['test/support/requirements.js', 'test/support/server-broker.ts'] },
      },
    ],
  },
});
