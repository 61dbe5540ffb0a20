import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parts } from './with-processes.ts';

const root = resolve(import.meta.dirname, '..');

const lists = Object.values(parts);

it.each(lists.flat())('%s names test files, and nothing else', (pattern) => {
  const files = globSync(pattern, { cwd: root });
  expect(files).not.toEqual([]);
  expect(files.filter((file) => !file.endsWith('.test.ts'))).toEqual([]);
});

it('no file is in two parts', () => {
  const files = lists.flatMap((patterns) => [...new Set(patterns.flatMap((pattern) => globSync(pattern, { cwd: root })))]);
  expect(files.filter((file, at) => files.indexOf(file) !== at)).toEqual([]);
});
