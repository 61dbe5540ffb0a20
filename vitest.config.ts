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
    // the default leaves one core idle, half of a small machine; these tests mostly wait for other processes and disks
    maxWorkers: '100%',
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
