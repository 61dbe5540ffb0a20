import { Duration, RemovalPolicy, Size, Validations } from 'aws-cdk-lib';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  CfnEventInvokeConfig,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  type LayerVersion,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Place } from '../../core/config/deployment.ts';
import { nodeOptions } from '../bundle.ts';
import { allow, type Grant, reasonsOf } from './grant.ts';
import { type Mount, mountIn } from './mount.ts';
import { throughKey } from './own-key.ts';

/** Part of a place that a function needs to enter it. */
export type Enterable = Pick<Place, 'subnets' | 'securityGroups'>;

export interface BackupFunctionProps {
  /** Folder with `handler.mjs` and `config.json`. */
  readonly code: string;
  /** Rights, each with the setting that it needs. @default nothing */
  readonly grants?: readonly Grant[];
  /** Memory in MiB. @default 512 */
  readonly memory?: number;
  /** Time in seconds. */
  readonly timeout: number;
  /** Size of `/tmp` in GiB. @default half a GiB */
  readonly scratch?: number;
  /** @default none */
  readonly layers?: readonly LayerVersion[];
  /** Number that may run at once. @default as many as the account lets */
  readonly atOnce?: number | undefined;
  /** VPC to enter. @default none */
  readonly place?: Enterable;
  /** File system to mount. @default none */
  readonly mount?: Mount;
  /**
   * Queue for events that three attempts could not handle; for a function that is called without waiting for its
   * answer. @default nowhere
   */
  readonly deadLetters?: Queue;
}

const plumbing = {
  xray: 'X-Ray has no resources: its two actions are allowed on all.',
  network: 'The actions by which Lambda enters a VPC know no resources: AWS documents them for all.',
};

/** One function of Sauvegarde: its role, its logs, its traces, and its rights together with the settings they need. */
export class BackupFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: BackupFunctionProps) {
    super(scope, id);
    const { atOnce, code, deadLetters, grants = [], layers = [], memory = 512, mount, place, scratch = 0.5, timeout } = props;
    const logGroup = new LogGroup(this, 'Logs', { retention: RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        // rights of Lambda itself; those of the function's own code are in its policy
        Lambda: new PolicyDocument({
          statements: [
            allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
            ...(place ? [allow(networkActions, ['*'])] : []),
            ...(deadLetters ? [allow(['sqs:SendMessage'], [deadLetters.queueArn]), ...throughKey(this, deadLetters.encryptionMasterKey, 'sqs', 'write')] : []),
          ],
        }),
      },
    });
    for (const statement of grants.flatMap((grant) => grant.statements)) this.role.addToPolicy(statement);
    this.function = new LambdaFunction(this, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'handler.handler',
      code: Code.fromAsset(code),
      role: this.role,
      environment: Object.assign({ NODE_OPTIONS: nodeOptions }, ...grants.map((grant) => grant.environment)) as Record<string, string>,
      memorySize: memory,
      timeout: Duration.seconds(timeout),
      ...(atOnce !== undefined && { reservedConcurrentExecutions: atOnce }),
      ephemeralStorageSize: Size.mebibytes(scratch * 1024),
      layers: [...layers],
      logGroup,
      tracing: Tracing.ACTIVE, // gives the role X-Ray's two actions
      // executions that began before a deployment still call their versions; all versions go with the function
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    // by id: the CDK's Vpc.fromLookup would ask an account at synth
    if (place) (this.function.node.defaultChild as CfnFunction).vpcConfig = { subnetIds: place.subnets, securityGroupIds: place.securityGroups };
    if (mount) mountIn(this.function.node.defaultChild as CfnFunction, mount);
    if (deadLetters) this.#afterwards(deadLetters);
    const own = { 'AwsSolutions-IAM5[Resource::*]': place ? `${plumbing.xray} ${plumbing.network}` : plumbing.xray };
    this.#acknowledge(reasonsOf(own, ...grants.map(({ acknowledged }) => acknowledged)));
  }

  /** Allows two more attempts, within an hour. */
  #afterwards(deadLetters: Queue): void {
    new CfnEventInvokeConfig(this, 'Afterwards', {
      functionName: this.function.functionName,
      qualifier: '$LATEST',
      maximumRetryAttempts: 2,
      maximumEventAgeInSeconds: 3600,
      destinationConfig: { onFailure: { destination: deadLetters.queueArn } },
    });
  }

  #acknowledge(reasons: Record<string, string>): void {
    for (const [finding, reason] of Object.entries(reasons)) Validations.of(this.role).acknowledge({ id: finding, reason });
  }
}

const networkActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];
