import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { awsLimits } from '../../core/policy/aws-limits.ts';
import { nodeOptions } from '../bundle.ts';
import type { InVpc } from '../dump-places.ts';
import type { Enterable } from './backup-function.ts';
import { allow, type Grant, reasonsOf } from './grant.ts';

export interface LargerComputeProps {
  /** Description of the project, for the account's console. */
  readonly description: string;
  /** Folder with `main.mjs` and `config.json`, and the programs. */
  readonly code: Asset;
  /** Commands of the build, in one shell. */
  readonly commands: readonly string[];
  /** Variables of that shell by which the workflow hears of the outcome. @default none */
  readonly exports?: readonly string[];
  /** Rights, each with the setting that it needs. */
  readonly grants: readonly Grant[];
  /** VPC to enter. @default none */
  readonly place?: InVpc;
  /** @default small: two processors, 4 GiB of memory */
  readonly size?: 'small' | 'medium';
  /** False for a place from which CloudWatch Logs cannot be reached. @default true */
  readonly logs?: boolean;
}

/** Time of a build, and of its work, in minutes. The difference is for beginning, stopping and the outcome. */
const [ofBuild, ofWork] = [480, awsLimits.buildMinutes];

/**
 * The larger compute: a CodeBuild project for work that takes longer than a function may. Only the workflow starts it;
 * it makes no artifacts. Node 24 is in the image (its Dockerfile, al/aarch64/standard/4.0 in
 * aws/aws-codebuild-docker-images).
 */
export class LargerCompute extends Construct {
  readonly project: CfnProject;
  readonly role: Role;

  constructor(scope: Construct, id: string, { code, commands, description, exports, grants, logs = true, place, size = 'small' }: LargerComputeProps) {
    super(scope, id);
    const { account, partition, region } = Stack.of(this);
    const group = logs ? new LogGroup(this, 'Logs', { retention: RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY }) : undefined;
    const location = `${code.s3BucketName}/${code.s3ObjectKey}`;
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codebuild.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': account } } }),
      inlinePolicies: {
        // rights of CodeBuild itself; those of the work are in the role's policy
        CodeBuild: new PolicyDocument({
          statements: [
            ...(group ? [allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [group.logGroupArn])] : []),
            allow(['s3:GetObject', 's3:GetObjectVersion'], [`arn:${partition}:s3:::${location}`]),
            ...(place ? networkStatements(place, `arn:${partition}:ec2:${region}:${account}`) : []),
          ],
        }),
      },
    });
    const policies = grants.flatMap((grant) => grant.statements).map((statement) => this.role.addToPrincipalPolicy(statement).policyDependable);
    const buildSpec = {
      version: 0.2,
      ...(exports && { env: { 'exported-variables': exports } }),
      phases: { install: { 'runtime-versions': { nodejs: 24 } }, build: { commands } },
    };
    this.project = new CfnProject(this, 'Project', {
      description,
      serviceRole: this.role.roleArn,
      source: { type: 'S3', location, buildSpec: JSON.stringify(buildSpec) },
      artifacts: { type: 'NO_ARTIFACTS' },
      environment: {
        type: 'ARM_CONTAINER',
        image: 'aws/codebuild/amazonlinux-aarch64-standard:4.0',
        computeType: size === 'small' ? 'BUILD_GENERAL1_SMALL' : 'BUILD_GENERAL1_MEDIUM',
        environmentVariables: Object.entries({
          NODE_OPTIONS: nodeOptions,
          ...Object.assign({}, ...grants.map((grant) => grant.environment)),
          SAUVEGARDE_MINUTES: String(ofWork),
        }).map(([name, value]) => ({ name, value: String(value) })),
      },
      logsConfig: { cloudWatchLogs: group ? { status: 'ENABLED', groupName: group.logGroupName } : { status: 'DISABLED' } },
      timeoutInMinutes: ofBuild,
      queuedTimeoutInMinutes: 60,
      ...(place && { vpcConfig: { vpcId: place.vpc, subnets: place.subnets, securityGroupIds: place.securityGroups } }),
    });
    for (const policy of policies) if (policy) this.project.node.addDependency(policy);
    this.#acknowledge(grants, place !== undefined);
  }

  #acknowledge(grants: readonly Grant[], inPlace: boolean): void {
    const network = {
      'AwsSolutions-IAM5[Resource::*]': 'The actions by which CodeBuild enters a VPC know no resources: AWS documents them for all.',
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:network-interface/*]':
        'The interface is made for each build, so its id is not known; the condition allows the subnets of the place and CodeBuild alone.',
    };
    const reasons = reasonsOf(inPlace ? network : {}, ...grants.map(({ acknowledged }) => acknowledged));
    for (const [finding, reason] of Object.entries(reasons)) Validations.of(this.role).acknowledge({ id: finding, reason });
    Validations.of(this.project).acknowledge({
      id: 'AwsSolutions-CB4',
      reason: 'The key would encrypt artifacts, and there are none.',
    });
  }
}

/** CodeBuild user guide, "Allow CodeBuild access to AWS services required to create a VPC network interface". */
function networkStatements({ subnets }: Enterable, prefix: string) {
  return [
    allow(
      [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeDhcpOptions',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeSubnets',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeVpcs',
      ],
      ['*'],
    ),
    allow(['ec2:CreateNetworkInterfacePermission'], [`${prefix}:network-interface/*`], {
      StringEquals: { 'ec2:AuthorizedService': 'codebuild.amazonaws.com', 'ec2:Subnet': subnets.map((subnet) => `${prefix}:subnet/${subnet}`) },
    }),
  ];
}
