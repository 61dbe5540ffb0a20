import { readFileSync } from 'node:fs';
import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Prover } from '../../core/engines/cards.ts';
import { proverTable } from '../../core/workflow/prover-table.ts';
import type { BackupFunction } from './backup-function.ts';
import { allow } from './grant.ts';
import type { LargerCompute } from './larger-compute.ts';
import { stackAndLabel } from './logical-ids.ts';

/** Function and project that dump the databases, or restore into the targets, of one place. */
export interface Placed {
  readonly function: BackupFunction;
  readonly build: LargerCompute;
}

/** Ids of the state machines: another would replace the one that works. */
const idOf = { backup: 'Backup', verify: 'Verify', restore: 'Restore' } as const;

export interface WorkflowProps {
  /** File of `core/workflow/`. */
  readonly file: keyof typeof idOf;
  /** Functions that the file names. */
  readonly functions: Readonly<Record<string, BackupFunction>>;
  /**
   * Functions and projects that work in the places, by place, and the names of the two in the file.
   *
   * @default the file names none
   */
  readonly placed?: { readonly by: ReadonlyMap<string, Placed>; readonly names: readonly [called: string, built: string] };
  /** Functions that a dump can name as its prover. @default the file names none */
  readonly provers?: ReadonlyMap<Prover, BackupFunction>;
  /** Project that proves. @default the file names none */
  readonly proofBuild?: LargerCompute;
}

/**
 * State machine that runs a file of `core/workflow/`. Its steps call versions of the functions: an execution keeps
 * the definition that it began with (Step Functions API reference, UpdateStateMachine), and with it the code, however
 * often the stack is deployed meanwhile.
 */
export class Workflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { file, functions, placed, proofBuild, provers = new Map() }: WorkflowProps) {
    super(scope, id);
    const { account, partition, region } = Stack.of(this);
    const definition = new URL(`../../core/workflow/${file}.asl.json`, import.meta.url);
    const inPlaces = placed ? [...placed.by.values()] : [];
    const projects = [...inPlaces.map(({ build }) => build), ...(proofBuild ? [proofBuild] : [])].map(({ project }) => project);
    const versions = Object.entries(functions).map(([name, { function: each }]) => [name, each.currentVersion.functionArn] as const);
    const [first] = provers.values();
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    // every version: an execution goes on with the definition that it began with, but with the role's rights of now
    const { open, ...others } = functions;
    const calledInPlaces = inPlaces.map((each) => each.function);
    const invoked = [...(open ? [open] : []), ...calledInPlaces, ...Object.values(others), ...provers.values()].map((each) => each.function);
    role.addToPolicy(
      allow(
        ['lambda:InvokeFunction'],
        invoked.map(({ functionArn }) => `${functionArn}:*`),
      ),
    );
    for (const each of invoked)
      Validations.of(role).acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${Stack.of(this).getLogicalId(each.node.defaultChild as CfnFunction)}.Arn>:*]`,
        reason: 'All versions of one function: those that executions began with before a deployment are still called.',
      });
    if (projects.length > 0) {
      // to start a build and wait for its end, which Step Functions learns from a rule of its own (developer guide,
      // "IAM policies for AWS CodeBuild")
      role.addToPolicy(
        allow(
          ['codebuild:StartBuild', 'codebuild:StopBuild', 'codebuild:BatchGetBuilds'],
          projects.map(({ attrArn }) => attrArn),
        ),
      );
      role.addToPolicy(
        allow(
          ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
          [`arn:${partition}:events:${region}:${account}:rule/StepFunctionsGetEventForCodeBuildStartBuildRule`],
        ),
      );
    }
    this.stateMachine = new StateMachine(this, idOf[file], {
      // fromFile would hide the definition in an asset, where no template assertion sees it
      definitionBody: DefinitionBody.fromString(readFileSync(definition, 'utf8').replaceAll('"arn:aws:states:', `"arn:${partition}:states:`)),
      definitionSubstitutions: {
        ...Object.fromEntries(versions),
        ...(provers.size > 0 && { provers: proverTable((prover) => (provers.get(prover) ?? first)?.function.currentVersion.functionArn ?? '') }),
        ...(placed && {
          [placed.names[0]]: byPlace(placed.by, (each) => each.function.function.currentVersion.functionArn),
          [placed.names[1]]: byPlace(placed.by, ({ build }) => build.project.ref),
        }),
        ...(proofBuild && { proofBuild: proofBuild.project.ref }),
      },
      role,
      tracingEnabled: true,
      logs: {
        // Step Functions adds each other name to the region's one resource policy, which holds 5120 characters; those
        // with this prefix need no line there (Step Functions developer guide, "Avoiding Amazon CloudWatch Logs
        // resource policy size restrictions")
        destination: new LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${stackAndLabel(this)}${file === 'backup' ? '' : `-${file}`}`,
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false, // the functions' own logs are enough; inputs stay in the history
      },
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Log delivery and X-Ray are set up for all resources: their actions know no others (Step Functions developer guide, "Logging").',
    });
  }
}

/**
 * Names what works in the places, for the workflow's file: by itself if there is one place, otherwise by an expression
 * that looks up the execution's place. Names of places and ARNs hold no quote.
 */
function byPlace(placed: ReadonlyMap<string, Placed>, nameOf: (each: Placed) => string): string {
  const names = [...placed].map(([place, each]) => [place, nameOf(each)] as const);
  const [[, only] = ['', ''], ...others] = names;
  return others.length === 0 ? only : `{% $lookup({${names.map(([place, name]) => `'${place}': '${name}'`).join(', ')}}, $place) %}`;
}
