import { Aspects, Tags } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnFunction, CfnLayerVersion } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import type { Config } from '../../core/config/config.ts';

/**
 * Image of builds on x64. Node 24 is in it (al/x86_64/standard/6.0 in aws/aws-codebuild-docker-images).
 */
const imageForX64 = 'aws/codebuild/amazonlinux-x86_64-standard:6.0';

/** Types whose tags the CDK knows and cfn-lint (1.51.0) does not: CloudFormation may not take them in every region. */
const untagged = ['AWS::CloudWatch::Dashboard'];

/** Gives every resource of a kind what an account asks of it, wherever in a scope it is made. */
export function everywhere(scope: Construct, { architecture, logDays, permissionsBoundary, tags }: Config['aws'], key: IKey | undefined): void {
  for (const [name, value] of Object.entries(tags)) Tags.of(scope).add(name, value, { excludeResourceTypes: untagged });
  if (permissionsBoundary !== undefined) PermissionsBoundary.of(scope).apply(policyOf(scope, permissionsBoundary));
  Aspects.of(scope).add({
    visit: (node) => {
      if (node instanceof CfnLogGroup) keepFor(node, logDays, key);
      if (architecture === 'x64') runOnX64(node);
    },
  });
}

function policyOf(scope: Construct, policy: string) {
  const id = 'PermissionsBoundary';
  return policy.startsWith('arn:') ? ManagedPolicy.fromManagedPolicyArn(scope, id, policy) : ManagedPolicy.fromManagedPolicyName(scope, id, policy);
}

function keepFor(group: CfnLogGroup, days: number, key: IKey | undefined): void {
  group.retentionInDays = days;
  if (key !== undefined) group.kmsKeyId = key.keyArn;
}

function runOnX64(node: IConstruct): void {
  if (node instanceof CfnFunction) node.architectures = ['x86_64'];
  if (node instanceof CfnLayerVersion) node.compatibleArchitectures = ['x86_64'];
  if (!(node instanceof CfnProject)) return;
  node.addPropertyOverride('Environment.Type', 'LINUX_CONTAINER');
  node.addPropertyOverride('Environment.Image', imageForX64);
}
