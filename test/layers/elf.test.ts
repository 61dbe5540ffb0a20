import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { dialects, ownArchitecture } from '../../layers/recipe/architecture.ts';
import { readElf } from '../../layers/recipe/elf.ts';
import { RecipeError } from '../../layers/recipe/errors.ts';
import { temporaryFolder } from '../support/folder.ts';
import { coldStart, toolsFolder } from '../support/programs.ts';

let dump: string;
beforeAll(async () => {
  dump = join(await toolsFolder(), 'libexec', 'pg_dump');
}, coldStart);

describe('the ELF reader', () => {
  it('knows what pg_dump needs, for which machine it is, and who loads it', () => {
    const elf = readElf(dump);
    expect(elf?.machine).toBe(dialects[ownArchitecture() ?? 'x64'].machine);
    expect(basename(elf?.interpreter ?? '')).toMatch(/^ld-linux-/);
    expect(elf?.needed).toEqual(expect.arrayContaining(['libpq.so.5', 'libz.so.1', 'libzstd.so.1', 'libc.so.6']));
  });

  it('knows that a library has no interpreter', () => {
    const elf = readElf(join(dump, '../../lib/libpq.so.5'));
    expect(elf?.interpreter).toBeUndefined();
    expect(elf?.needed).toContain('libssl.so.3');
  });

  it('finds that other files are none', () => {
    expect(readElf(import.meta.filename)).toBeUndefined();
    const empty = join(temporaryFolder(), 'empty');
    writeFileSync(empty, '');
    expect(readElf(empty)).toBeUndefined();
  });

  it.each([64, 100, 1000])('refuses a program that was cut after %i bytes', (size) => {
    const cut = join(temporaryFolder(), 'cut');
    writeFileSync(cut, readFileSync(dump).subarray(0, size));
    expect(() => readElf(cut)).toThrow(RecipeError);
  });
});
