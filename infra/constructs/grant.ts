import { type Stack, Token } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** A right, and the setting that names its resource, given together so that neither is forgotten. */
export interface Grant {
  readonly environment: Readonly<Record<string, string>>;
  readonly statements: readonly PolicyStatement[];
  /** Reasons for statements that name more than one resource, by the id of cdk-nag's finding. */
  readonly acknowledged?: Readonly<Record<string, string>>;
}

/** Makes a statement that allows these actions on these resources. */
export function allow(actions: string[], resources: string[], conditions?: Record<string, Record<string, string | string[]>>): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions, resources, ...(conditions && { conditions }) });
}

/** Joins reasons by their findings: where several explain one, all are given. */
export function reasonsOf(...given: readonly (Readonly<Record<string, string>> | undefined)[]): Record<string, string> {
  const entries = given.flatMap((each) => Object.entries(each ?? {}));
  const byFinding = Map.groupBy(entries, ([finding]) => finding);
  return Object.fromEntries([...byFinding].map(([finding, found]) => [finding, [...new Set(found.map(([, reason]) => reason))].join(' ')]));
}

/** Writes a finding of cdk-nag about a resource with a wildcard as it does, with references by name. */
export function finding(stack: Stack, arn: string): string {
  const names: [string, string][] = [
    [stack.partition, '<AWS::Partition>'],
    [stack.region, '<AWS::Region>'],
    [stack.account, '<AWS::AccountId>'],
  ];
  return `AwsSolutions-IAM5[Resource::${names.reduce((text, [token, name]) => (Token.isUnresolved(token) ? text.replaceAll(token, name) : text), arn)}]`;
}
