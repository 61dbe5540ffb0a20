/** A small recipe for tests: one program, six libraries. */
import type { Plan } from '../../layers/recipe/build.ts';
import { recipeSchema } from '../../layers/recipe/recipe.ts';

export const zstdPlan: Plan = { name: 'zstd', recipe: recipeSchema.parse({ suite: 'bookworm', packages: ['zstd'], programs: { zstd: 'usr/bin/zstd' } }) };
