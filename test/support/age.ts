import { buildFolder } from '../../layers/recipe/build.ts';
import { recipeSchema } from '../../layers/recipe/recipe.ts';
import { buildOptions } from './programs.ts';

const recipe = recipeSchema.parse({ suite: 'sid', packages: ['age'], programs: { age: 'usr/bin/age', 'age-keygen': 'usr/bin/age-keygen' } });

/** Returns the folder of the public tool of age, made of Debian's package as the product's own programs are. */
export function ageFolder(): Promise<string> {
  folder ??= buildFolder({ name: 'age', recipe }, buildOptions());
  return folder;
}
let folder: Promise<string> | undefined;
