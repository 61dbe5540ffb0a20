import { Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../core/config/config.ts';
import { checkForAws } from './requirements.ts';
import { Sauvegarde } from './sauvegarde.ts';
import type { Assets } from './sauvegarde-props.ts';

export interface SauvegardeStackProps extends StackProps {
  readonly config: Config;
  /** Folders to deploy. @default made now, as `Sauvegarde` does */
  readonly assets?: Assets;
}

/**
 * A stack of Sauvegarde alone, as `npm run deploy` makes it of `sauvegarde.config.ts`. Throws ConfigurationError with
 * all mistakes if AWS cannot run the configuration.
 */
export class SauvegardeStack extends Stack {
  constructor(scope: Construct, id: string, { assets, config, ...props }: SauvegardeStackProps) {
    checkForAws(config);
    super(scope, id, { description: 'Sauvegarde: scheduled database backups that are proven by restoring them', ...props });
    for (const [name, value] of Object.entries(config.aws.tags)) Tags.of(this).add(name, value, { includeResourceTypes: ['aws:cdk:stack'] }); // the construct tags the rest
    // the CDK leaves the id "Default" out of logical ids: they are those of a stack without this construct
    new Sauvegarde(this, 'Default', { ...config, ...(assets && { assets }) });
  }
}
