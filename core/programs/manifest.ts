import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ToolMissingError } from '../errors.ts';

/** Description of a built folder: its `manifest.json`. Paths are relative to the folder. */
export const manifestSchema = z.object({
  formatVersion: z.literal(1),
  name: z.string(),
  architecture: z.enum(['x64', 'arm64']),
  suite: z.string(),
  packages: z.array(z.object({ package: z.string(), version: z.string(), filename: z.string(), size: z.int(), sha256: z.string() })),
  /** Loader that starts each program, and the libraries that it finds. */
  loader: z.string(),
  libraries: z.string(),
  preload: z.array(z.string()),
  /**
   * Programs by name. `file` is the program itself, `self` the path that it takes for its own. Its own `arguments`
   * precede all others, `input` is the file that it reads as its standard input, and the arguments `probe` show that it
   * works. In arguments and environment, `{folder}` is this folder.
   */
  programs: z.record(
    z.string(),
    z.object({ file: z.string(), self: z.string(), arguments: z.array(z.string()), input: z.string().optional(), probe: z.array(z.string()) }),
  ),
  environment: z.record(z.string(), z.string()),
  /** Links that a program looks for in its working folder. */
  links: z.record(z.string(), z.string()),
  /** Programs whose bytes differ from the package's, with the change. */
  patched: z.record(z.string(), z.string()),
  files: z.array(z.object({ path: z.string(), size: z.int(), sha256: z.string(), executable: z.boolean() })),
});

export type Manifest = z.output<typeof manifestSchema>;

/** Reads the manifest of a folder of programs. Throws ToolMissingError if it is missing or cannot be understood. */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, 'manifest.json');
  const content = await read(file).catch((cause: Error) => {
    throw new ToolMissingError(`there is no folder of programs at ${folder}: ${cause.message}`, { cause });
  });
  const parsed = manifestSchema.safeParse(content);
  if (!parsed.success) throw new ToolMissingError(`${file} is no manifest of a folder of programs: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

async function read(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}
