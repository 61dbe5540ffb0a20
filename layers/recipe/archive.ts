import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type Architecture, dialects } from './architecture.ts';
import { fetchText, provideFile, type Source } from './download.ts';
import { RecipeError, TamperedError } from './errors.ts';
import { signedPart } from './signature.ts';
import { compareVersions } from './version.ts';

/** A package as the signed index describes it. */
export interface IndexedPackage {
  package: string;
  version: string;
  /** Path on every mirror. */
  filename: string;
  size: number;
  sha256: string;
  section: string;
  /** What it needs: of each inner list, one. */
  depends: string[][];
}

/** The packages of one suite for one architecture, of the component main. */
export class PackageIndex {
  readonly suite: string;
  /**
   * The instant until which Debian says that this index may be relied on, when it says one (sid does, stable does not).
   */
  readonly validUntil: Date | undefined;
  readonly #text: string;
  readonly #places = new Map<string, number[]>();
  #providers: Map<string, string[]> | undefined;

  constructor(suite: string, validUntil: Date | undefined, text: string) {
    this.suite = suite;
    this.validUntil = validUntil;
    this.#text = `\n${text}`;
    for (let at = this.#text.indexOf('\nPackage: '); at >= 0; at = this.#text.indexOf('\nPackage: ', at + 1)) {
      const name = this.#text.slice(at + 10, this.#text.indexOf('\n', at + 10));
      this.#places.set(name, [...(this.#places.get(name) ?? []), at + 1]);
    }
  }

  /** The newest version of a package; sid can hold several. */
  newest(name: string): IndexedPackage | undefined {
    const versions = (this.#places.get(name) ?? []).map((at) => described(this.#paragraph(at), this.suite));
    return versions.sort((a, b) => compareVersions(b.version, a.version))[0];
  }

  /** The package of that name, or else the first that provides it. */
  satisfying(name: string): IndexedPackage | undefined {
    const [provider] = this.#places.has(name) ? [name] : (this.#provided().get(name) ?? []);
    return provider === undefined ? undefined : this.newest(provider);
  }

  #provided(): Map<string, string[]> {
    this.#providers ??= new Map();
    if (this.#providers.size > 0) return this.#providers;
    for (const [name, places] of this.#places) {
      for (const provided of places.flatMap((at) => names(fieldOf(this.#paragraph(at), 'Provides') ?? '').flat()))
        this.#providers.set(provided, [...(this.#providers.get(provided) ?? []), name]);
    }
    return this.#providers;
  }

  #paragraph(at: number): string {
    const end = this.#text.indexOf('\n\n', at);
    return this.#text.slice(at, end < 0 ? undefined : end);
  }
}

/** Fetches the index of a suite as Debian's archive signed it: signature → SHA-256 of the index → index. */
export async function fetchIndex(suite: string, architecture: Architecture, { cache, ...source }: Source & { cache: string }): Promise<PackageIndex> {
  const name = `dists/${suite}/InRelease`;
  const release = await signedPart(await fetchText(name, source), name);
  const names = [fieldOf(release, 'Suite'), fieldOf(release, 'Codename')];
  if (!names.includes(suite)) throw new TamperedError(`${name} is the signed index of another suite: ${names.join(', ')}`);
  const path = `main/binary-${dialects[architecture].debian}/Packages.gz`;
  const [, sha256, size] = new RegExp(`^SHA256:(?:\n .*)*?\n ([0-9a-f]{64}) +(\\d+) ${path.replaceAll('.', '\\.')}$`, 'm').exec(release) ?? [];
  if (sha256 === undefined) throw new RecipeError(`${name} knows no ${path}`);
  const file = join(cache, 'indexes', `${sha256}.gz`);
  // by its hash first: under its name a mirror may already have a newer one than InRelease speaks of
  const paths = [`dists/${suite}/${path.replace(/[^/]*$/, `by-hash/SHA256/${sha256}`)}`, `dists/${suite}/${path}`];
  await provideFile(file, paths, { sha256, size: Number(size) }, source);
  const until = fieldOf(release, 'Valid-Until');
  // latin1: what is not ASCII stands in descriptions only, and a string of one byte a character takes half the memory
  return new PackageIndex(suite, until === undefined ? undefined : new Date(until), (await promisify(gunzip)(await readFile(file))).toString('latin1'));
}

function described(paragraph: string, suite: string): IndexedPackage {
  const field = (name: string) => {
    const value = fieldOf(paragraph, name);
    if (value === undefined) throw new RecipeError(`the index of ${suite} has a package without ${name}: ${paragraph.slice(0, 80)}`);
    return value;
  };
  return {
    package: field('Package'),
    version: field('Version'),
    filename: field('Filename'),
    size: Number(field('Size')),
    sha256: field('SHA256'),
    section: fieldOf(paragraph, 'Section') ?? '',
    depends: [...names(fieldOf(paragraph, 'Pre-Depends') ?? ''), ...names(fieldOf(paragraph, 'Depends') ?? '')],
  };
}

function fieldOf(paragraph: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*)$`, 'm').exec(paragraph)?.[1];
}

/** The names in a list of dependencies, without versions and architectures. */
function names(list: string): string[][] {
  const wanted = list.split(',').map((group) => group.split('|').map((each) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(each)?.[1] ?? ''));
  return wanted.map((group) => group.filter((name) => name !== '')).filter((group) => group.length > 0);
}
