import { readFile, readlink } from 'node:fs/promises';
import { basename, matchesGlob } from 'node:path';
import { inFolder, loaderOptions } from '../../core/programs/launcher.ts';
import type { Manifest } from '../../core/programs/manifest.ts';
import { type Architecture, dialects } from './architecture.ts';
import { closureOf } from './closure.ts';
import { isPartOf } from './dependencies.ts';
import { readElf } from './elf.ts';
import { RecipeError } from './errors.ts';
import { type Found, filesUnder, findPath, type Unpacked } from './packages.ts';
import type { LockedPackage, Recipe } from './recipe.ts';
import type { Leaf, WrittenFile } from './tree.ts';

export interface Assembly {
  leaves: Leaf[];
  /** The packages that something was taken from. */
  used: LockedPackage[];
  manifest: (files: WrittenFile[]) => Manifest;
}

/**
 * Returns the names under which a file is asked for. Debian's `postgis-3.control` is `postgis.control` by a link that
 * its package makes when it is installed: an administrator may choose another version.
 */
function namesOf(path: string): string[] {
  const control = /^(extension\/.+)-\d+(\.control)$/.exec(path);
  return control ? [path, `${control[1]}${control[2]}`] : [path];
}

/**
 * Chooses from unpacked packages what a folder of programs consists of: programs, loader, libraries, data, licences.
 */
export async function assemble(name: string, recipe: Recipe, packages: readonly Unpacked[], architecture: Architecture): Promise<Assembly> {
  const must = (path: string) => inPackages(packages, path.replaceAll('{triplet}', dialects[architecture].triplet));
  const added = packages.filter((each) => isPartOf(recipe.added, each.package));
  const leaves: Leaf[] = [];
  const owners = new Set<Unpacked>();
  const starts: string[] = [];
  const take = (path: string, { owner, file }: Found, executable = false, change?: Leaf['change']) => {
    owners.add(owner);
    leaves.push({ path, content: { file }, executable, ...(change && { change }) });
  };

  const programs = Object.entries(recipe.programs);
  // two programs may be one file
  for (const path of new Set(programs.map(([, { from }]) => from))) {
    const found = await must(path);
    starts.push(found.file);
    take(libexec(path), found, true, patchesOf(recipe, path));
  }
  for (const { from, to, without } of recipe.copies) {
    for (const { owner, file: folder } of [await must(from), ...(await inEach(added, from))])
      for (const { path, file } of await filesUnder(owner, folder)) {
        if (without.some((pattern) => matchesGlob(path, pattern))) continue;
        if (readElf(file)) starts.push(file);
        for (const each of namesOf(path)) take(`${to}/${each}`, { owner, file });
      }
  }
  for (const { to, first, from, last } of recipe.joined) {
    const found = await Promise.all(from.map(must));
    for (const { owner } of found) owners.add(owner);
    const texts = await Promise.all(found.map(({ file }) => readFile(file, 'utf8')));
    leaves.push({ path: to, content: { text: [first, ...texts, last].join('') }, executable: false });
  }
  const { loader, libraries } = await closureOf(starts, [...recipe.preload, ...recipe.opened], packages, architecture);
  take(`lib/${loader.name}`, loader, true);
  for (const [library, found] of libraries) take(`lib/${library}`, found);
  for (const [program] of programs)
    leaves.push({ path: `${recipe.home}/${program}`, content: { text: script(recipe, loader.name, program) }, executable: true });
  for (const owner of [...owners]) take(`licenses/${owner.package}`, await copyrightOf(owner, packages));

  const used = packages.filter((each) => owners.has(each)).map(({ root: _, ...locked }) => locked);
  return {
    leaves,
    used,
    manifest: (files) => ({
      formatVersion: 1,
      name,
      architecture,
      suite: recipe.suite,
      packages: used,
      loader: `lib/${loader.name}`,
      libraries: 'lib',
      preload: recipe.preload,
      programs: Object.fromEntries(
        programs.map(([program, { from, ...rest }]) => [program, { file: libexec(from), self: `${recipe.home}/${program}`, ...rest }]),
      ),
      environment: recipe.environment,
      links: recipe.links,
      patched: Object.fromEntries(recipe.patches.map(({ program, from, to }) => [program, `${from} became ${to}`])),
      files,
    }),
  };
}

function libexec(from: string): string {
  return `libexec/${basename(from)}`;
}

async function inPackages(packages: readonly Unpacked[], path: string): Promise<Found> {
  const found = await findPath(packages, path);
  if (!found) throw new RecipeError(`none of the packages has ${path}; its recipe.json names it`);
  return found;
}

/** The packages that have this path. */
async function inEach(packages: readonly Unpacked[], path: string): Promise<Found[]> {
  return (await Promise.all(packages.map((each) => findPath([each], path)))).filter((found) => found !== undefined);
}

/** Paths compiled into a program end with a zero byte; a text that only contains one of them is left alone. */
function patchesOf({ patches, programs }: Recipe, path: string): Leaf['change'] {
  const own = patches.filter(({ program }) => programs[program]?.from === path);
  if (own.length === 0) return undefined;
  return (bytes) => {
    for (const { program, from, to } of own) {
      if (Buffer.byteLength(from) !== Buffer.byteLength(to)) throw new RecipeError(`a patch cannot change a length: ${from} → ${to}`);
      const wanted = Buffer.from(`\0${from}\0`);
      const at = bytes.indexOf(wanted);
      if (at < 0) throw new RecipeError(`${program} no longer contains ${from}, which its recipe.json patches`);
      if (bytes.indexOf(wanted, at + 1) >= 0) throw new RecipeError(`${program} contains ${from} more than once`);
      bytes.write(to, at + 1);
    }
    return bytes;
  };
}

/** For people, and for programs that start each other by path: initdb and pg_dumpall do, through a shell. */
function script({ environment, home, preload, programs }: Recipe, loader: string, program: string): string {
  const root = `$here${'/..'.repeat(home.split('/').length)}`;
  const { from = '', arguments: own = [], input } = programs[program] ?? {};
  const told = Object.entries(environment).map(([name, value]) => `export ${name}="${inFolder(root, value)}"\n`);
  const words = [`${root}/lib/${loader}`, ...loaderOptions(`${root}/lib`, preload), '--argv0', '$0', `${root}/${libexec(from)}`, ...own, '$@'];
  const quoted = words.map((word) => (/[${]/.test(word) ? `"${inFolder(root, word)}"` : word));
  return `#!/bin/sh\nhere=\${0%/*}\n${told.join('')}exec ${quoted.join(' ')}${input === undefined ? '' : ` <"${root}/${input}"`}\n`;
}

/** Where one source makes many packages, their documentation folders are links to that of one of them. */
async function copyrightOf({ package: name, root }: Unpacked, packages: readonly Unpacked[]): Promise<Found> {
  const own = await findPath(packages, `usr/share/doc/${name}/copyright`);
  if (own) return own;
  return await inPackages(packages, `usr/share/doc/${await readlink(`${root}/usr/share/doc/${name}`)}/copyright`);
}
