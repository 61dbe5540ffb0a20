/**
 * The CDK app that `cdk synth` and `cdk deploy` run (cdk.json). It makes a template of the configuration, the bundles
 * and the layers. Needs no AWS account.
 */
import { loadConfigFile } from '../core/config/config-file.ts';
import { ConfigurationError } from '../core/errors.ts';
import { RecipeError } from '../layers/recipe/errors.ts';
import { newApp } from './new-app.ts';
import { SauvegardeStack } from './stack.ts';

const app = newApp();
const file: unknown = app.node.tryGetContext('config'); // cdk deploy -c config=other.config.ts
try {
  const { config } = await loadConfigFile(typeof file === 'string' ? file : 'sauvegarde.config.ts');
  new SauvegardeStack(app, config.aws.stack, { config });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigurationError) && !(error instanceof RecipeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
