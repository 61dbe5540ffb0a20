/**
 * Makes the folders to deploy, for `assets-now.ts`: the configuration comes on standard input, the answer goes to
 * standard output as JSON, and progress to standard error.
 */
import { text } from 'node:stream/consumers';
import type { Config } from '../core/config/config.ts';
import { ConfigurationError } from '../core/errors.ts';
import { RecipeError } from '../layers/recipe/errors.ts';
import { assemble } from './assemble.ts';
import type { Answer } from './assets-now.ts';

async function answerTo(config: Config): Promise<Answer> {
  try {
    return await assemble(config);
  } catch (error) {
    if (error instanceof RecipeError) return { mistake: error.message, of: 'recipe' };
    if (error instanceof ConfigurationError) return { mistake: error.message, of: 'configuration' };
    throw error;
  }
}

console.log(JSON.stringify(await answerTo(JSON.parse(await text(process.stdin)) as Config)));
