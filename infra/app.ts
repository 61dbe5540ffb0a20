/**
 * The CDK app that `cdk synth` and `cdk deploy` run (cdk.json). It makes a template of the configuration, the bundles
 * and the layers. Needs no AWS account.
 */
import { loadConfigFile } from '../core/config/config-file.ts';
import { ConfigurationError } from '../core/errors.ts';
import { RecipeError } from '../layers/recipe/errors.ts';
import { CopyStack } from './copy-stack.ts';
import { newApp } from './new-app.ts';
import { copyOf } from './requirements.ts';
import { SauvegardeStack } from './stack.ts';

const app = newApp();
const file: unknown = app.node.tryGetContext('config'); // cdk deploy -c config=other.config.ts
try {
  const { config } = await loadConfigFile(typeof file === 'string' ? file : 'sauvegarde.config.ts');
  // of another account, so deployed by itself: cdk deploy -c copy=true
  if (app.node.tryGetContext('copy') === undefined) new SauvegardeStack(app, config.aws.stack, { config });
  else new CopyStack(app, `${config.aws.stack}-copy`, { copy: copyOf(config) });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigurationError) && !(error instanceof RecipeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
