import { readFileSync } from 'node:fs';
import { cx_api, Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { auditTable, recordsTable } from '../../core/catalogue/dynamodb/tables.ts';
import { newApp } from '../../infra/new-app.ts';
import { Sauvegarde } from '../../infra/sauvegarde.ts';
import { temporaryFolder } from '../support/folder.ts';
import { allows } from '../support/iam.ts';
import { functionsOf, resolved, roleOf } from '../support/resolved.ts';
import { configured, deployable, filePlace, type Resource, stackOf, standInCode, type Template, templateOf } from '../support/synthesized.ts';
import { inThreePlaces, plain, second, variedStacks } from '../support/varied-stacks.ts';

const template = templateOf(configured());
const ofType = (type: string, { Resources }: Template = template) => Object.entries(Resources).filter(([, { Type }]) => Type === type);
const propertiesOf = (type: string, of: Template = template) =>
  ofType(type, of).map(([, { Properties }]) => resolved(of, Properties) as Resource['Properties']);

describe('what holds state', () => {
  it('has the logical ids that it was first deployed with: another id would be another, empty resource', () => {
    const types = [
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
      'AWS::DynamoDB::Table',
      'AWS::SES::EmailIdentity',
      'AWS::Cognito::UserPool',
      'AWS::SecretsManager::Secret',
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
      'AWS::StepFunctions::StateMachine',
      'AWS::Scheduler::ScheduleGroup',
    ];
    const stateful = Object.entries(template.Resources).filter(([, { Type }]) => types.includes(Type));
    // a change here loses what the resource holds, or the executions, people and confirmed subscriptions that it has
    expect(stateful.map(([id]) => id).sort()).toEqual([
      'AlarmsTopic3A2DFEBA',
      'Audit',
      'DeadLettersBBF8BAAB',
      'FunctionsVerifyWorkflowVerify64200F57',
      'FunctionsWorkflowBackupB4A037AD',
      'PagesPeople26A4306A',
      'PagesSessionKey33C03E5F',
      'Records',
      'SchedulesGroupC7F67308',
      'Sender',
      'Vault',
      'VaultPolicy',
    ]);
  });

  it('knows what the CDK would do otherwise in a newer version: each behaviour that it recommends is decided on in cdk.json', () => {
    const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as { context: Record<string, unknown> };
    expect(Object.keys(cx_api.CURRENTLY_RECOMMENDED_FLAGS).filter((flag) => !(flag in context))).toEqual([]);
    const { node } = newApp();
    for (const [flag, value] of Object.entries(context)) expect([flag, node.tryGetContext(flag)]).toEqual([flag, value]);
  });

  it('stays when the stack goes, and when a change would replace it; so does what protects the vault', () => {
    // what a first deployment that failed has made is empty and goes, but for the tables, which are protected from that too
    for (const id of ['Vault', 'VaultPolicy'])
      expect(template.Resources[id]).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    for (const id of ['Audit', 'Records']) expect(template.Resources[id]).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('the vault keeps versions, is encrypted and closed to the public', () => {
    expect(template.Resources.Vault?.Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
    });
  });

  it('nothing in the vault expires but old versions after the days of grace, and uploads after 7 days', () => {
    const rules = (of: Template) => of.Resources.Vault?.Properties.LifecycleConfiguration.Rules;
    expect(rules(template)).toEqual([
      { Id: 'what-was-retired', Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 30 }, ExpiredObjectDeleteMarker: true },
      { Id: 'what-was-left-unfinished', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    ]);
    expect(rules(templateOf(configured({ graceDays: 90 })))[0].NoncurrentVersionExpiration).toEqual({ NoncurrentDays: 90 });
  });

  it.each([
    [{ afterDays: 90 }, { TransitionInDays: 90, StorageClass: 'STANDARD_IA' }],
    [
      { afterDays: 365, storageClass: 'GLACIER_IR' },
      { TransitionInDays: 365, StorageClass: 'GLACIER_IR' },
    ],
  ] as const)('what is kept long moves to colder storage where that is asked for: %j', (coldStorage, transition) => {
    expect(templateOf(configured({ aws: { coldStorage } })).Resources.Vault?.Properties.LifecycleConfiguration.Rules).toEqual([
      expect.objectContaining({ Id: 'what-was-retired' }),
      expect.objectContaining({ Id: 'what-was-left-unfinished' }),
      { Id: 'what-is-kept-long', Status: 'Enabled', Transitions: [transition] },
    ]);
  });

  it('is locked against deletion when that is asked for, and not otherwise', () => {
    expect(template.Resources.Vault?.Properties.ObjectLockEnabled).toBeUndefined();
    expect(templateOf(configured({ aws: { objectLock: { days: 14 } } })).Resources.Vault?.Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 14 } } },
    });
  });

  it.each([
    ['Records', recordsTable],
    ['Audit', auditTable],
  ])('%s can be restored to any moment, cannot be deleted, and has the keys that the code uses', (id, { partitionKey, sortKey }) => {
    expect(template.Resources[id]?.Properties).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
      KeySchema: [
        { AttributeName: partitionKey.name, KeyType: 'HASH' },
        { AttributeName: sortKey.name, KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: partitionKey.name, AttributeType: partitionKey.type },
        { AttributeName: sortKey.name, AttributeType: sortKey.type },
      ],
    });
  });
});

describe('the place', () => {
  const endpoints = (of: Template) =>
    propertiesOf('AWS::EC2::VPCEndpoint', of)
      .filter(({ VpcId }) => VpcId === 'vpc-0123456789abcdef0')
      .map(({ ServiceName }) => String(ServiceName).split('.').at(-1))
      .sort();
  const withPlace = (changes: object) => ({
    private: { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'], securityGroups: ['sg-0123456789abcdef0'], ...changes },
  });

  it('gets the endpoints that dump and the build need, where its route tables are given', () => {
    expect(endpoints(template)).toEqual(['dynamodb', 'logs', 's3', 'secretsmanager']);
    const iam = { main: { engine: 'postgres', connection: { iam: { host: 'h', user: 'u', database: 'd' } }, place: 'private' } } as const;
    expect(endpoints(templateOf(configured({ databases: iam })))).toEqual(['dynamodb', 'logs', 's3']);
    expect(endpoints(templateOf(configured({ places: withPlace({}) })))).toEqual([]);
    expect(endpoints(templateOf(configured({ places: withPlace({ endpoints: ['secretsmanager'], cidrs: ['10.0.0.0/16'] }) })))).toEqual(['secretsmanager']);
  });

  it('admits the whole VPC to those endpoints whose names hold for all of it, on their port', () => {
    const [group, ...others] = propertiesOf('AWS::EC2::SecurityGroup').filter(({ VpcId }) => VpcId === 'vpc-0123456789abcdef0');
    expect(group.SecurityGroupIngress).toMatchObject([{ FromPort: 443, ToPort: 443, CidrIp: '10.0.0.0/16' }]);
    expect(others).toEqual([]);
  });

  it('has addresses in one subnet, or in those that are named: AWS takes one in each zone, and does not say here which zone is whose', () => {
    const subnets = (of: Template) => propertiesOf('AWS::EC2::VPCEndpoint', of).flatMap(({ SubnetIds }) => (SubnetIds ? [SubnetIds] : []));
    expect(subnets(template)).toEqual([['subnet-0123456789abcdef0'], ['subnet-0123456789abcdef0']]);
    const two = ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef2'];
    const named = withPlace({ endpoints: ['logs'], cidrs: ['10.0.0.0/16'], endpointSubnets: two });
    expect(subnets(templateOf(configured({ places: named })))).toEqual([two]);
  });
});

describe('what starts by itself', () => {
  const schedules = propertiesOf('AWS::Scheduler::Schedule');

  it('each database at its hours, in the configured zone, with its slot; the clean-up on Sundays at one; watch every hour', () => {
    expect(
      schedules.map(({ ScheduleExpression, ScheduleExpressionTimezone, Target }) => [ScheduleExpression, ScheduleExpressionTimezone, JSON.parse(Target.Input)]),
    ).toEqual([
      ['cron(0 2 * * ? *)', 'Europe/Paris', { database: 'main', scheduled: '<aws.scheduler.scheduled-time>' }],
      ['cron(30 1 1 * ? *)', 'Europe/Paris', { database: 'shop', scheduled: '<aws.scheduler.scheduled-time>' }],
      ['cron(30 1 ? * 1 *)', 'Europe/Paris', { database: 'shop', scheduled: '<aws.scheduler.scheduled-time>' }],
      ['cron(0 1 ? * 1 *)', 'Europe/Paris', { by: 'scheduler' }],
      ['rate(1 hour)', 'Europe/Paris', {}],
    ]);
  });

  it('a call that fails is repeated for an hour, then kept for a person', () => {
    for (const { Target } of schedules)
      expect(Target).toMatchObject({
        RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3600 },
        DeadLetterConfig: { Arn: expect.stringContaining('DeadLetters') },
      });
    for (const { Targets } of propertiesOf('AWS::Events::Rule'))
      expect(Targets).toMatchObject([
        { RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3600 }, DeadLetterConfig: { Arn: expect.stringContaining('DeadLetters') } },
      ]);
    expect(
      propertiesOf('AWS::Lambda::EventInvokeConfig')
        .map(({ FunctionName, DestinationConfig }) => [FunctionName, Object.keys(DestinationConfig)])
        .sort(),
    ).toEqual([
      ['record', ['OnFailure']],
      ['settle', ['OnFailure']],
      ['start', ['OnFailure']],
      ['sweep', ['OnFailure']],
      ['watch', ['OnFailure']],
    ]);
  });

  it('an execution that did not succeed is settled, and a new stack makes its first backups', () => {
    // repeated, it has the time that it had: that of the event
    const deployed = { InputPathsMap: { time: '$.time' }, InputTemplate: '{"requestedBy":"deployment","at":<time>}' };
    const rules = propertiesOf('AWS::Events::Rule') as never as {
      EventPattern: { source: string[]; detail: unknown };
      Targets: { Arn: string; InputTransformer?: object }[];
    }[];
    expect(
      rules.map(({ EventPattern, Targets }) => [EventPattern.source[0], EventPattern.detail, Targets[0]?.Arn.split(':').at(-1), Targets[0]?.InputTransformer]),
    ).toEqual([
      ['aws.states', { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: ['<workflow>'] }, 'settle', undefined],
      ['aws.states', { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: ['<verify workflow>'] }, 'record', undefined],
      ['aws.cloudformation', { 'stack-id': ['<this stack>'], 'status-details': { status: ['CREATE_COMPLETE'] } }, 'start', deployed],
    ]);
  });

  it('is what start understands', async () => {
    const { handler } = await import('../../functions/start/handler.ts');
    const invocation = { functionName: 'start', awsRequestId: '1', getRemainingTimeInMillis: () => 30_000 };
    // what it understands gets as far as the configuration, which lies only beside a bundle
    await expect(handler({ requestedBy: 'deployment', at: '2026-11-22T17:00:00Z' }, invocation)).rejects.toThrow(/SAUVEGARDE_WORKFLOW|config\.json/);
    await expect(handler({ requestedByy: 'deployment', at: '2026-11-22T17:00:00Z' }, invocation)).rejects.toThrow('the event cannot be understood');
  });
});

it('names no partition: it deploys to every one', () => {
  expect(JSON.stringify(template)).not.toMatch(/arn:aws/);
});

it('has the log of executions where it needs no line in a policy that the whole region shares', () => {
  const [machine] = propertiesOf('AWS::StepFunctions::StateMachine');
  const group = template.Resources[/<(.*)>/.exec(machine.LoggingConfiguration.Destinations[0].CloudWatchLogsLogGroup.LogGroupArn)?.[1] ?? ''];
  expect(group?.Properties.LogGroupName).toBe('/aws/vendedlogs/states/sauvegarde');
});

it('tells the command line where things are', () => {
  expect(Object.keys(template.Outputs).sort()).toEqual([
    'AdministerFunction',
    'Bucket',
    'BuildRole',
    'Console',
    'DumpBuild',
    'DumpFunction',
    'DumpRole',
    'ProofBuild',
    'ProveFunction',
    'SignFunction',
    'StartFunction',
    'SweepFunction',
    'WatchFunction',
    'Workflow',
  ]);
});

it('sends from the configured address, which it makes an identity of SES unless it is one', () => {
  expect(propertiesOf('AWS::SES::EmailIdentity')).toEqual([{ EmailIdentity: 'sauvegarde@example.org' }]);
  // stays when `senderVerified` is set later
  expect(ofType('AWS::SES::EmailIdentity')).toMatchObject([[expect.anything(), { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' }]]);
  const verified = templateOf(configured({ aws: { senderVerified: true } }));
  expect(propertiesOf('AWS::SES::EmailIdentity', verified)).toEqual([]);
  const sends = (of: Template, sender: string) =>
    allows(roleOf(of, 'settle').own, {
      action: 'ses:SendRawEmail',
      resource: 'arn:aws:ses:eu-west-3:123456789012:configuration-set/theirs',
      context: { 'ses:FromAddress': sender },
    });
  // an identity that is there may have a default configuration set
  expect([sends(verified, 'sauvegarde@example.org'), sends(verified, 'boss@example.org'), sends(template, 'sauvegarde@example.org')]).toEqual([
    true,
    false,
    false,
  ]);
});

it('has room for 51 databases among the 500 resources of a stack', () => {
  const databases = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`db-${index}`, { engine: 'postgres', connection: { secret: `db-${index}` }, schedule: '0 2 1 * 0' }] as const),
  );
  const many = templateOf(
    configured({ databases: { ...databases, often: { engine: 'postgres', connection: { secret: 's' }, schedule: '*/5 * * * *' } }, aws: { atOnce: 4 } }),
  );
  expect(Object.keys(many.Resources).length).toBeLessThanOrEqual(500);
  // they begin within a quarter of an hour, and those who dump or prove wait for each other
  const windows = Map.groupBy(propertiesOf('AWS::Scheduler::Schedule', many), ({ FlexibleTimeWindow: { MaximumWindowInMinutes: minutes = 0 } }) => minutes);
  expect([...windows].map(([minutes, { length }]) => [minutes, length])).toEqual([
    [15, 100],
    [0, 3], // every five minutes, the clean-up, watch
  ]);
  const limited = functionsOf(many).filter(({ properties }) => properties.ReservedConcurrentExecutions === 4);
  expect(limited.map(({ name }) => name).sort()).toEqual(['dump', 'prove', 'provePostgres15', 'provePostgres17']);
  expect(JSON.stringify(template)).not.toMatch(/FLEXIBLE|ReservedConcurrent/);
});

it('is the same, to the byte, when it is synthesized again', () => {
  const code = standInCode();
  const text = () => {
    const { app, stack } = stackOf(configured(), code);
    return readFileSync(app.synth().getStackByName(stack.stackName).templateFullPath, 'utf8');
  };
  expect(text()).toBe(text());
});

describe('several places', () => {
  const several = templateOf(configured(inThreePlaces));

  it('have a function and a build each, with the rights to its own secrets; the first keeps its names', () => {
    const secretsOf = (name: string) =>
      ['prod/main', 'other', 'prod/open'].filter((secret) =>
        allows(roleOf(several, name).own, {
          action: 'secretsmanager:GetSecretValue',
          resource: `arn:aws:secretsmanager:eu-west-3:123456789012:secret:${secret}-a1b2c3`,
        }),
      );
    expect(['dump', 'dumpsecond', 'dumpinternet'].map(secretsOf)).toEqual([['prod/main'], ['other'], ['prod/open']]);
    const vpcOf = (name: string) => functionsOf(several).find((each) => each.name === name)?.properties.VpcConfig?.SubnetIds;
    expect(vpcOf('dumpsecond')).toEqual(second.subnets);
    expect(vpcOf('dumpinternet')).toBeUndefined();
    expect(ofType('AWS::CodeBuild::Project', several).map(([id]) => id.slice(0, -8))).toEqual([
      'FunctionsbuildProject',
      'FunctionsbuildinternetProject',
      'FunctionsbuildsecondProject',
      'FunctionsproofBuildProject',
    ]);
    const stateful = (of: Template) => Object.keys(of.Resources).filter((id) => /^(Functionsdump(Function|Role)|FunctionsbuildProject)[0-9A-F]{8}$/.test(id));
    expect(stateful(several)).toEqual(stateful(template));
  });

  it('have the endpoints of their own, and one network of proofs', () => {
    const vpcs = propertiesOf('AWS::EC2::VPCEndpoint', several).map(({ VpcId }) => VpcId);
    expect(vpcs.filter((vpc) => vpc === second.vpc)).toHaveLength(4);
    expect(ofType('AWS::EC2::VPC', several)).toHaveLength(1);
  });
});

describe('a file on EFS', () => {
  const made = templateOf(
    configured({
      databases: { ...deployable.databases, notes: { engine: 'sqlite', file: 'app/notes.sqlite3', place: 'files' } },
      places: { ...deployable.places, files: filePlace } as NonNullable<typeof deployable.places>,
    }),
  );
  const { accessPoint } = filePlace;

  it('is mounted, in the subnets of its place, by the one function that dumps from there, which has disk for a copy', () => {
    const mounting = functionsOf(made).filter(({ properties }) => properties.FileSystemConfigs !== undefined);
    expect(mounting.map(({ name, properties }) => [name, properties.VpcConfig.SubnetIds, properties.EphemeralStorage.Size])).toEqual([
      ['dumpfiles', filePlace.subnets, 10_240],
    ]);
    const [{ properties } = { properties: undefined }] = mounting;
    expect(properties.FileSystemConfigs).toEqual([{ Arn: accessPoint, LocalMountPath: '/mnt/efs' }]);
    expect(properties.Environment.Variables).toMatchObject({ SAUVEGARDE_MOUNT: '/mnt/efs', SAUVEGARDE_ACCESS_POINT: accessPoint, SAUVEGARDE_PLACE: 'files' });
  });

  it('is read by that function and the one access point alone, and written by nobody', () => {
    const may = (name: string, action: string, point = accessPoint) =>
      allows(roleOf(made, name).own, {
        action: `elasticfilesystem:${action}`,
        resource: 'arn:aws:elasticfilesystem:eu-west-3:123456789012:file-system/fs-0123456789abcdef0',
        context: { 'elasticfilesystem:AccessPointArn': point },
      });
    const names = functionsOf(made).map(({ name }) => name);
    expect(names.filter((name) => may(name, 'ClientMount'))).toEqual(['dumpfiles']);
    expect(may('dumpfiles', 'ClientMount', accessPoint.replace(/0$/, '1'))).toBe(false);
    expect(JSON.stringify(made)).not.toMatch(/elasticfilesystem:(?!ClientMount|AccessPointArn|eu-west-3)/);
    // every build: CodeBuild mounts without IAM
    for (const [, { Properties }] of ofType('AWS::CodeBuild::Project', made)) expect(Properties.FileSystemLocations).toBeUndefined();
  });

  it('lets its function write dumps of its own kind', () => {
    const resource = 'arn:aws:s3:::<bucket>/notes/2026/11/backup_20261122_050000Z.sqlite3.zst';
    expect(allows(roleOf(made, 'dumpfiles').own, { action: 's3:PutObject', resource })).toBe(true);
  });

  it('is not mounted for the servers of its place', () => {
    const main = { ...(deployable.databases.main as object), place: 'files' } as (typeof deployable.databases)[string];
    const servers = templateOf(configured({ databases: { main }, places: { files: filePlace } }));
    expect(JSON.stringify(servers)).not.toContain('elasticfilesystem');
  });
});

describe('a target in one of two places', () => {
  const { second: secondPlace } = inThreePlaces.places ?? {};
  const databases = {
    main: { engine: 'postgres', connection: { secret: 'prod/main' }, place: 'private' },
    token: { engine: 'postgres', connection: { iam: { host: 'db.internal', user: 'backup', database: 'main' } }, place: 'second' },
  } as const;
  const places = { ...deployable.places, second: secondPlace } as NonNullable<typeof deployable.places>;
  const made = templateOf(
    configured({ databases, places, targets: { staging: { engine: 'postgres', connection: { secret: 'prod/staging' }, place: 'second' } } }),
  );
  const endpointsIn = (of: Template) =>
    propertiesOf('AWS::EC2::VPCEndpoint', of)
      .filter(({ VpcId }) => VpcId === second.vpc)
      .map(({ ServiceName }) => ServiceName.split('.').at(-1))
      .sort();

  it('is restored into from there, by the secret that no dump from there needs', () => {
    const restore = functionsOf(made).find(({ name }) => name === 'restore');
    expect(restore?.properties.VpcConfig.SubnetIds).toEqual(second.subnets);
    const reads = (name: string, secret: string) =>
      allows(roleOf(made, name).own, {
        action: 'secretsmanager:GetSecretValue',
        resource: `arn:aws:secretsmanager:eu-west-3:123456789012:secret:${secret}-a1b2c3`,
      });
    expect(['dump', 'dumpsecond', 'restore', 'restoreBuild'].map((name) => reads(name, 'prod/staging'))).toEqual([false, false, true, true]);
    expect(['dump', 'dumpsecond', 'restore'].map((name) => reads(name, 'prod/main'))).toEqual([true, false, false]);
  });

  it('brings that place the endpoint of Secrets Manager, beside those of its dumps', () => {
    expect(endpointsIn(made)).toEqual(['dynamodb', 'logs', 's3', 'secretsmanager']);
    expect(endpointsIn(templateOf(configured({ databases, places })))).toEqual(['dynamodb', 'logs', 's3']);
  });
});

describe('the checks of others', () => {
  it.each(variedStacks)("cdk-nag and the CDK's own validation find nothing that is not acknowledged in a stack of %s", (_, changes) => {
    process.env.CDK_VALIDATION = 'true';
    const { app } = stackOf(configured(changes));
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    try {
      const { messages } = app.synth().getStackByName('sauvegarde');
      expect(messages.filter(({ level }) => level !== 'info')).toEqual([]); // what `cdk synth` would print
    } finally {
      process.env.CDK_VALIDATION = 'false';
    }
  });

  it("cdk-nag would notice a bucket that is open, and nothing of the construct in somebody's own stack", () => {
    const found = (also: (stack: Stack) => void) => {
      const app = newApp({ outdir: temporaryFolder(), context: { 'aws:cdk:disable-asset-staging': true } });
      const stack = new Stack(app, 'theirs');
      new Sauvegarde(stack, 'Backups', { ...configured({ databases: plain, places: {} }), assets: standInCode() });
      also(stack);
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
      return () => app.synth();
    };
    expect(found(() => undefined)).not.toThrow();
    expect(found((stack) => void new Bucket(stack, 'Open'))).toThrow(/[Vv]alidation/);
  });
});
