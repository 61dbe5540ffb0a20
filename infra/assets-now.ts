import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Config } from '../core/config/config.ts';
import { ConfigurationError } from '../core/errors.ts';
import { RecipeError } from '../layers/recipe/errors.ts';
import type { Assets } from './sauvegarde-props.ts';

/** Answer of `assemble-command.ts`. */
export type Answer = { folder: string; assets: Assets } | { mistake: string; of: 'configuration' | 'recipe' };

/**
 * Makes the folders to deploy, in a process of its own: a construct has to be done before its constructor returns. They
 * are removed when they are disposed of; the CDK has copied them by then. Throws ConfigurationError, or RecipeError if
 * programs cannot be built.
 */
export function assetsNow(config: Config): { assets: Assets } & Disposable {
  const { error, status, stdout } = spawnSync(process.execPath, [new URL('assemble-command.ts', import.meta.url).pathname], {
    input: JSON.stringify(config),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'], // a first build tells its progress
  });
  if (error) throw error;
  if (status !== 0) throw new Error('the folders to deploy could not be made; the error is above');
  const answer = JSON.parse(stdout) as Answer;
  if ('mistake' in answer) throw answer.of === 'recipe' ? new RecipeError(answer.mistake) : new ConfigurationError(answer.mistake);
  return { assets: answer.assets, [Symbol.dispose]: () => rmSync(answer.folder, { recursive: true, force: true }) };
}
