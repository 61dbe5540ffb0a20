import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
/** Files that lie in a vault, in a bundle or on another machine. */
const elsewhere = new Set(['HOW-TO-RESTORE.md', 'config.json', 'handler.mjs', 'main.mjs']);
/** Endings of files of this repository. */
const file = /\.(ts|js|json|md)$/;

const ignored = new Set(
  readFileSync(join(root, '.gitignore'), 'utf8')
    .split('\n')
    .map((line) => line.replaceAll('/', '')),
);
const topFolders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== '.git' && !ignored.has(entry.name))
  .map(({ name }) => name);
const entries = topFolders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).map((entry) => ({
    path: relative(root, join(entry.parentPath, entry.name)),
    isFolder: entry.isDirectory(),
  })),
);
const files = [...readdirSync(root), ...entries.filter(({ isFolder }) => !isFolder).map(({ path }) => path)];
const foldersOfCore = readdirSync(join(root, 'core'));

const pages = ['README.md', 'CONTRIBUTING.md', ...files.filter((path) => /^docs\/.*\.md$/.test(path))];

/** Back-quoted words of a page that look like paths of the repository. */
function pathsIn(text: string): string[] {
  const words = [...text.replace(/^```.*?^```/gms, '').matchAll(/`([\w.*@-]+(?:\/[\w.*@-]*)*)`/g)].map(([, word = '']) => word);
  return words.filter((word) => !elsewhere.has(word) && (file.test(word) || isBelowOurs(word)));
}

/** Whether a path with a slash begins with a folder of the repository or of core. */
function isBelowOurs(word: string): boolean {
  const [first = ''] = word.split('/');
  return word.includes('/') && [...topFolders, ...foldersOfCore].includes(first);
}

/** Whether there is such a path: from the root or from core, or for a file at the end of any path. `*` stands for a name. */
function exists(path: string): boolean {
  const bare = path.replace(/\/$/, '');
  const candidates = path.includes('*') ? entries.map((entry) => entry.path) : [];
  if (candidates.length > 0) return candidates.some((each) => matchesGlob(each, bare) || matchesGlob(each, `core/${bare}`));
  return existsSync(join(root, bare)) || existsSync(join(root, 'core', bare)) || (file.test(bare) && files.some((each) => each.endsWith(`/${bare}`)));
}

it.each([
  ['core/errors.ts', true],
  ['`engines/engine.ts` and `hostile.test.ts`', true],
  ['core/engines/*/connect/', true],
  ['core/operations/nowhere.ts', false],
  ['`engines/nowhere/`', false],
  ['`no-such.test.ts`', false],
])('%s is found as a path, and it is %s that it exists', (text, isThere) => {
  const paths = pathsIn(text.includes('`') ? text : `\`${text}\``);
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.every(exists)).toBe(isThere);
});

it.each(pages)('%s names only paths that exist', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  expect(pathsIn(text).filter((path) => !exists(path))).toEqual([]);
});

it.each(pages)('%s links only to pages that exist', (page) => {
  const text = readFileSync(join(root, page), 'utf8').replace(/^```.*?^```/gms, '');
  const targets = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
  expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
});

it('the table of folders in CONTRIBUTING.md has every top folder, and every folder of core', () => {
  const rows = [...readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').matchAll(/^\| (`[^|]*) \|/gm)];
  const listed = rows.flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)\/`/g)].map(([, path = '']) => path));
  const folders = [
    ...topFolders.filter((name) => !name.startsWith('.')),
    ...entries.filter(({ path, isFolder }) => isFolder && path.startsWith('core/')).map(({ path }) => path),
  ];
  expect(folders.filter((folder) => !listed.some((path) => matchesGlob(folder, path)))).toEqual([]);
});
