import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { large, small } from './with-processes.ts';

const root = resolve(import.meta.dirname, '..');

it.each([...large, ...small])('%s names test files, and nothing else', (pattern) => {
  const files = globSync(pattern, { cwd: root });
  expect(files).not.toEqual([]);
  expect(files.filter((file) => !file.endsWith('.test.ts'))).toEqual([]);
});

it('no file is in both lists', () => {
  const filesOf = (patterns: string[]) => new Set(patterns.flatMap((pattern) => globSync(pattern, { cwd: root })));
  expect([...filesOf(large)].filter((file) => filesOf(small).has(file))).toEqual([]);
});
