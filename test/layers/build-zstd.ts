/** A program that builds the small recipe into a cache and says where: `node build-zstd.ts <cache>`. */
import { buildFolder } from '../../layers/recipe/build.ts';
import { zstdPlan } from './zstd-recipe.ts';

const log = { info: () => undefined, warn: () => undefined };
console.log(await buildFolder(zstdPlan, { architecture: 'x64', cache: process.argv[2] ?? '', mode: 'newest', log, signal: new AbortController().signal }));
