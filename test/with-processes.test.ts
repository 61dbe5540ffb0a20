import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { withProcesses } from './with-processes.ts';

const root = resolve(import.meta.dirname, '..');

it.each(withProcesses)('%s names test files, and nothing else', (pattern) => {
  const files = globSync(pattern, { cwd: root });
  expect(files).not.toEqual([]);
  expect(files.filter((file) => !file.endsWith('.test.ts'))).toEqual([]);
});
