import * as z from 'zod';

const path = z.string().regex(/^[^/]/, 'a path without a leading slash');

const program = z.strictObject({
  from: path,
  /** Precede those that it is started with. `{folder}` is the built folder. */
  arguments: z.array(z.string()).default([]),
  /** The file of the built folder that it reads as its standard input. */
  input: path.optional(),
  /** What shows that it works, when it does not know `--version`. */
  probe: z.array(z.string()).default(['--version']),
});

/**
 * What a folder of programs is made of: `recipe.json`. Paths `from` and of programs are those inside of the packages;
 * `{triplet}` in them is Debian's name of the architecture's library folders.
 */
export const recipeSchema = z.strictObject({
  /** The suite of Debian that the packages come from. */
  suite: z.string(),
  /** The packages of the programs and of what is copied; those of their libraries are found. */
  packages: z.array(z.string()).min(1),
  /** Packages whose files in the copied folders are taken too: extensions that a configuration names. */
  added: z.array(z.string()).default([]),
  /** Patterns of library packages that only something needs which is not taken. */
  leftOut: z.array(z.string()).default([]),
  /** Programs by name; a path alone is one without peculiarities. */
  programs: z.record(z.string(), z.union([program, path.transform((from) => program.parse({ from }))])),
  /** What every program is told by its environment. `{folder}` is the built folder. */
  environment: z.record(z.string(), z.string()).default({}),
  /** Where in the folder a program believes to lie. PostgreSQL's find each other and their data from there. */
  home: path.default('bin'),
  /** Libraries that are loaded before all others. */
  preload: z.array(z.string()).default([]),
  /** Libraries that glibc opens by itself at run time; no ELF header names them. */
  opened: z.array(z.string()).default([]),
  /** Folders that are copied; `without` holds patterns of paths inside of them. */
  copies: z.array(z.strictObject({ from: path, to: path, without: z.array(z.string()).default([]) })).default([]),
  /** Texts of the packages that become one, which begins with `first` and ends with `last`. */
  joined: z.array(z.strictObject({ to: path, first: z.string().default(''), from: z.array(path).min(1), last: z.string().default('') })).default([]),
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
