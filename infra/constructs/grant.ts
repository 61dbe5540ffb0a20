import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** What lets a function use something: the right, and the setting that names it. Given together, so that neither is forgotten. */
export interface Grant {
  readonly environment: Readonly<Record<string, string>>;
  readonly statements: readonly PolicyStatement[];
  /** Why a statement names more than one resource: by the id of cdk-nag's finding. */
  readonly acknowledged?: Readonly<Record<string, string>>;
}

/** A statement that allows these actions on these resources. */
export function allow(actions: string[], resources: string[], conditions?: Record<string, Record<string, string | string[]>>): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions, resources, ...(conditions && { conditions }) });
}
