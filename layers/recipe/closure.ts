import { basename } from 'node:path';
import { type Architecture, dialects } from './architecture.ts';
import { readElf } from './elf.ts';
import { RecipeError } from './errors.ts';
import { type Found, findPath, type Unpacked } from './packages.ts';

export interface Closure {
  /** glibc's own loader, which starts the programs. */
  loader: Found & { name: string };
  /** Every library that a program or module may load, by the name that it is asked for with. */
  libraries: Map<string, Found>;
}

/**
 * What these programs and modules need to run, found in the packages alone and never on this machine. `opened` names
 * libraries that no ELF header does. Name services need no plugins: since 2.34 glibc has "files" and "dns" inside.
 */
export async function closureOf(
  starts: readonly string[],
  opened: readonly string[],
  packages: readonly Unpacked[],
  architecture: Architecture,
): Promise<Closure> {
  const { machine } = dialects[architecture];
  const libraries = new Map<string, Found>();
  const missing: string[] = [];
  const interpreters = new Set<string>();
  const open: { file: string; for: string }[] = starts.map((file) => ({ file, for: basename(file) }));

  const need = async (name: string, by: string) => {
    if (libraries.has(name)) return;
    const found = await findLibrary(name, packages, architecture);
    if (!found) {
      missing.push(`${name} (for ${by})`);
      return;
    }
    libraries.set(name, found);
    open.push({ file: found.file, for: name });
  };

  for (const name of opened) await need(name, 'its recipe');
  for (let next = open.shift(); next; next = open.shift()) {
    const elf = readElf(next.file);
    if (!elf) throw new RecipeError(`${next.file} is not an ELF file of 64 bits`);
    if (elf.machine !== machine) throw new RecipeError(`${next.file} is not for ${architecture}`);
    // libraries name an interpreter when they can be run themselves (libc does)
    if (elf.interpreter !== undefined) interpreters.add(basename(elf.interpreter));
    for (const name of elf.needed) await need(name, next.for);
  }
  const [name] = interpreters;
  if (name === undefined || interpreters.size > 1)
    throw new RecipeError(`one loader is needed; the programs ask for ${[...interpreters].join(', ') || 'none'}`);
  const loader = await findLibrary(name, packages, architecture);
  if (!loader) missing.push(`${name} (the loader)`);
  if (missing.length > 0 || !loader)
    throw new RecipeError(`libraries are in none of the packages: ${[...new Set(missing)].join(', ')}. Name their packages in recipe.json`);
  libraries.delete(name); // libc needs the loader as a library; under its own name it is both
  return { loader: { ...loader, name }, libraries };
}

async function findLibrary(name: string, packages: readonly Unpacked[], architecture: Architecture): Promise<Found | undefined> {
  const { triplet } = dialects[architecture];
  // Debian keeps libraries of which an administrator may choose another in folders of their own: blas/libblas.so.3
  const chosen = `usr/lib/${triplet}/${/^lib([a-z]+)\.so/.exec(name)?.[1] ?? ''}`;
  for (const folder of [`usr/lib/${triplet}`, `lib/${triplet}`, 'usr/lib', 'lib', 'usr/lib64', 'lib64', chosen]) {
    const found = await findPath(packages, `${folder}/${name}`);
    if (found) return found;
  }
  return undefined;
}
