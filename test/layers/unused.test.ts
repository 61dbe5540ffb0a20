import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readManifest } from '../../core/programs/manifest.ts';
import { buildFolder } from '../../layers/recipe/build.ts';
import { removeUnused } from '../../layers/recipe/unused.ts';
import { temporaryFolder } from '../support/folder.ts';
import { TestLog } from '../support/log.ts';
import { coldStart } from '../support/programs.ts';
import { zstdPlan } from './zstd-recipe.ts';

const day = 24 * 3600_000;

/** A cache in which programs were built, made once: each test has a copy, whose files are new. */
let made: string;

const buildIn = (cache: string) =>
  buildFolder(zstdPlan, { architecture: 'x64', cache, mode: 'newest', log: new TestLog(), signal: AbortSignal.timeout(coldStart) });

beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'sauvegarde-test-'));
  await buildIn(made);
}, coldStart);
afterAll(() => rmSync(made, { recursive: true, force: true }));

async function built() {
  const cache = temporaryFolder();
  cpSync(made, cache, { recursive: true, preserveTimestamps: true });
  const build = () => buildIn(cache);
  const folder = await build();
  return { cache, build, folder, madeAt: statSync(folder).ctimeMs, packages: () => readdirSync(join(cache, 'packages')) };
}

it(
  'programs that nobody has used for 40 days leave the cache, with their packages and indexes',
  async () => {
    const { cache, folder, madeAt, packages } = await built();
    await removeUnused(cache, madeAt + 39 * day);
    expect(existsSync(folder)).toBe(true);
    expect(packages().length).toBeGreaterThan(5);
    await removeUnused(cache, madeAt + 41 * day);
    expect(['layers', 'packages', 'indexes'].flatMap((part) => readdirSync(join(cache, part)))).toEqual([]);
  },
  coldStart,
);

it(
  'programs that are used stay, and the packages that they were made of, however old',
  async () => {
    const { cache, build, folder, madeAt, packages } = await built();
    const { packages: needed } = await readManifest(folder);
    await sleep(200); // so that what was made by now is older than what is used afterwards
    const { mtimeMs } = statSync(folder);
    expect(await build()).toBe(folder);
    await removeUnused(cache, madeAt + 40 * day + 150);
    expect(existsSync(join(folder, 'manifest.json'))).toBe(true);
    expect(statSync(folder).mtimeMs).toBe(mtimeMs);
    expect(packages().map((name) => name.slice(0, 64))).toEqual(needed.map(({ sha256 }) => sha256).sort());
  },
  coldStart,
);

it(
  'what a killed process left goes after a day, and what another is at work on stays',
  async () => {
    const { cache, packages } = await built();
    const remains = join(cache, 'layers', '.building-x');
    mkdirSync(remains);
    const kept = packages();
    const partial = join(cache, 'packages', `${kept[0]}.1234.partial`);
    writeFileSync(partial, 'half');
    await removeUnused(cache);
    expect([existsSync(remains), existsSync(partial)]).toEqual([true, true]);
    await removeUnused(cache, Date.now() + 2 * day);
    expect([existsSync(remains), existsSync(partial)]).toEqual([false, false]);
    expect(packages()).toEqual(kept);
  },
  coldStart,
);
