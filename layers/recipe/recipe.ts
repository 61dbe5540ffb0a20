import * as z from 'zod';

const path = z.string().regex(/^[^/]/, 'a path without a leading slash');

/** What a folder of programs is made of: `recipe.json`. Paths `from` and of programs are those inside of the packages. */
export const recipeSchema = z.strictObject({
  /** The suite of Debian that the packages come from. */
  suite: z.string(),
  /** The packages of the programs and of what is copied; those of their libraries are found. */
  packages: z.array(z.string()).min(1),
  /** Patterns of library packages that only something needs which is not taken. */
  leftOut: z.array(z.string()).default([]),
  /** Programs by name. */
  programs: z.record(z.string(), path),
  /** Where in the folder a program believes to lie. PostgreSQL's find each other and their data from there. */
  home: path.default('bin'),
  /** Libraries that are loaded before all others. */
  preload: z.array(z.string()).default([]),
  /** Libraries that glibc opens by itself at run time; no ELF header names them. */
  opened: z.array(z.string()).default([]),
  /** Folders that are copied; `without` holds patterns of paths inside of them. */
  copies: z.array(z.strictObject({ from: path, to: path, without: z.array(z.string()).default([]) })).default([]),
  /** A path that was compiled into a program, and one of the same length for it. */
  patches: z.array(z.strictObject({ program: z.string(), from: z.string(), to: z.string() })).default([]),
  /** What the programs look for in their working folder: name there → path in the built folder. */
  links: z.record(z.string(), path).default({}),
});

export type Recipe = z.output<typeof recipeSchema>;

const lockedPackage = z.strictObject({
  package: z.string(),
  version: z.string(),
  /** Path on every mirror. */
  filename: path,
  size: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Which packages make up a folder: `lock.json`, per architecture, only those that something is taken from. */
export const lockSchema = z.strictObject({ x64: z.array(lockedPackage), arm64: z.array(lockedPackage) });

export type LockedPackage = z.output<typeof lockedPackage>;
export type Lock = z.output<typeof lockSchema>;
