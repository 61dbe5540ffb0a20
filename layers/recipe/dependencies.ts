import { matchesGlob } from 'node:path';
import type { IndexedPackage, PackageIndex } from './archive.ts';
import { RecipeError } from './errors.ts';
import type { Recipe } from './recipe.ts';

/**
 * Sections of libraries. Programs that a package wants beside it (perl, debconf) have other sections and are not
 * followed.
 */
const librarySections = new Set(['libs', 'oldlibs']);

/** Returns true for an added package, and for one that only holds a part of it: postgresql-18-postgis-3-scripts. */
export function isPartOf(added: readonly string[], name: string): boolean {
  return added.some((each) => name === each || name.startsWith(`${each}-`));
}

/** The packages of a recipe and every library package that they may load from, newest versions, sorted by name. */
export function withLibraries(index: PackageIndex, { packages, added, leftOut }: Pick<Recipe, 'packages' | 'added' | 'leftOut'>): IndexedPackage[] {
  const found = new Map<string, IndexedPackage>();
  const open = [...packages, ...added].map((name) => {
    const one = index.newest(name);
    if (!one) throw new RecipeError(`${index.suite} has no package ${name}; ${added.includes(name) ? 'the configuration' : 'its recipe.json'} names it`);
    return one;
  });
  for (let one = open.pop(); one; one = open.pop()) {
    if (found.has(one.package)) continue;
    found.set(one.package, one);
    for (const alternatives of one.depends) {
      const choice = alternatives.map((name) => index.satisfying(name)).find((each) => each !== undefined);
      if (
        choice &&
        (librarySections.has(choice.section) || isPartOf(added, choice.package)) &&
        !leftOut.some((pattern) => matchesGlob(choice.package, pattern))
      )
        open.push(choice);
    }
  }
  return [...found.values()].sort((a, b) => (a.package < b.package ? -1 : 1));
}
