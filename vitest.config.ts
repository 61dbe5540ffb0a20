import { defineConfig } from 'vitest/config';
import ServersFirst from './test/support/servers-first.ts';

export default defineConfig({
  test: {
    setupFiles: ['./test/support/compile-cache.ts'],
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/requirements.js', 'test/support/server-broker.ts'],
    // forks: a worker thread cannot change its umask or be killed like a process
    pool: 'forks',
    // the default leaves one core idle, half of a small machine; these tests mostly wait for other processes and disks
    maxWorkers: '100%',
    sequence: { sequencer: ServersFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/tally.ts'],
  },
});
