/** A program that builds the small recipe from a lock into a cache and says where: `node build-zstd.ts <cache> <lock>`. */
import { readFileSync } from 'node:fs';
import { buildFolder } from '../../layers/recipe/build.ts';
import { lockSchema } from '../../layers/recipe/recipe.ts';
import { zstdPlan } from './zstd-recipe.ts';

const [cache = '', file = ''] = process.argv.slice(2);
const lock = lockSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
const log = { info: () => undefined, warn: () => undefined };
console.log(await buildFolder({ ...zstdPlan, lock }, { architecture: 'x64', cache, mode: 'newest', log, signal: new AbortController().signal }));
