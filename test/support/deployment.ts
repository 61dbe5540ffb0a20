import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ListMultipartUploadsCommand, type ListMultipartUploadsCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { onTestFinished } from 'vitest';
import type { DynamodbCatalogue } from '../../core/catalogue/dynamodb/catalogue.ts';
import type { ConfigInput } from '../../core/config/config.ts';
import type { EngineName } from '../../core/engines/cards.ts';
import { noPlace } from '../../core/names.ts';
import { S3Vault } from '../../core/vault/s3/vault.ts';
import { parseDefinition } from '../../core/workflow/definition.ts';
import { type ExecutionEnd, statusEvent, WorkflowError } from '../../core/workflow/execution.ts';
import { Interpreter } from '../../core/workflow/interpreter.ts';
import { proverTable } from '../../core/workflow/prover-table.ts';
import { functionNames } from '../../infra/bundle.ts';
import { awsEnvironment } from './aws.ts';
import { AwsBackup } from './aws-backup.ts';
import { newBucket, s3At } from './buckets.ts';
import { buildWith, functionsWith } from './bundles.ts';
import { TestClock } from './clock.ts';
import { dumpBuildFolder, type Fate, runBuild, type StartBuild } from './codebuild.ts';
import { dynamodbTables } from './dynamodb.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { DeployedFunction, FunctionProcess } from './function-process.ts';
import { never } from './never.ts';
import { type Asked, type RecordedCall, recorder } from './recorded-calls.ts';
import { buildNames } from './resolved.ts';
import { lambdaEnvironment, onThisMachine, type Sandbox } from './sandbox.ts';
import { mailsIn, newTopic, sesOfEmulator } from './ses.ts';

const definitionOf = (file: string) => readFileSync(new URL(`../../core/workflow/${file}.asl.json`, import.meta.url), 'utf8');
const machines = 'arn:aws:states:eu-west-3:123456789012:stateMachine:';
/** State machines, by the setting that names each; the first is that of backups. */
const workflows = {
  SAUVEGARDE_WORKFLOW: `${machines}backup`,
  SAUVEGARDE_VERIFY_WORKFLOW: `${machines}verify`,
  SAUVEGARDE_RESTORE_WORKFLOW: `${machines}restore`,
};
const executionOf = (name: string, workflow: string = workflows.SAUVEGARDE_WORKFLOW) => `${workflow.replace(':stateMachine:', ':execution:')}:${name}`;

/** Makes the configuration of `main`, whose connection is in the secret of this name. */
export type DatabaseWith = (secret: string) => ConfigInput['databases'][string];

export interface ExecuteOptions {
  signal?: AbortSignal;
  /** Called at each invocation, and at each build with its project. */
  before?: (name: string) => unknown;
  /** Milliseconds of a function's first invocation, where they are not Lambda's longest. */
  remaining?: Record<string, number>;
  /** Interference with every build. */
  build?: Fate;
}

/**
 * The product as it is deployed: the built bundles with the stack's environment, the emulator's bucket, tables, secret
 * and mail, and the workflow. It runs in our surroundings: a process for each invocation, and the interpreter.
 */
export interface Deployment {
  /**
   * Invokes a function and waits for its answer. Throws a WorkflowError as Step Functions has it. As on Lambda, a
   * function serves one invocation at a time and is kept for the next. With `environment`, which is added to the stack's
   * or replaces it, its start is a cold one.
   */
  invoke(name: string, event: unknown, options?: { remaining?: number | undefined; environment?: Record<string, string | undefined> }): Promise<unknown>;
  /** Runs a build of a project with these variables. Returns those that it exported; throws a WorkflowError if it failed. */
  build(project: string, variables: Record<string, string>): Promise<{ Name: string; Value: string }[]>;
  /** Makes the folder that CodeBuild gets for a project. */
  buildFolder(project: string): Promise<string>;
  /** Describes a function for a process of the caller's. */
  functionOf(name: string, environment?: Record<string, string | undefined>): DeployedFunction;
  /** Executions that `start` started and nobody has run yet. */
  started: { name: string; input: unknown; workflow?: string }[];
  /** Id of an execution of this name. One that is not being executed has timed out, as far as watch can learn. */
  executionOf(name: string): string;
  /** Runs an execution to its end, and delivers the event of one that did not succeed. */
  execute(execution: Deployment['started'][number], options?: ExecuteOptions): Promise<ExecutionEnd>;
  /** AWS Backup, which the emulator does not run. */
  awsBackup: AwsBackup;
  /** Events that `settle` could not handle in three attempts: the queue of dead letters. */
  undelivered: unknown[];
  /** Proxy before the emulator, which makes calls of the functions fail. */
  faults: FaultProxy;
  clock: TestClock;
  catalogue: DynamodbCatalogue;
  vault: S3Vault;
  bucket: string;
  secret: string;
  /** Sets the secret, as text. */
  setSecret(value: string): Promise<void>;
  mails(): Promise<string[]>;
  /** Lists keys of uploads that were begun and neither completed nor aborted. */
  unfinished(): Promise<string[]>;
  /** All output: logs, events, answers, errors. */
  said: string[];
  calls(): RecordedCall[];
  /** Names for `named`. */
  names: Record<string, string>;
}

const administrator = 'admin@example.org';

/**
 * Deploys for one test. The secret of the database `main` holds this text. `sandbox` is the place where the functions
 * run. With a `key` of age, backups are encrypted for its recipient, and its secret is in Secrets Manager. `target` is the
 * text of the secret of the target `staging`, of the engine of `main`; without it there is none. `mount` is the folder that stands for EFS.
 */
export async function deploy(
  secretText: string,
  main: DatabaseWith = (secret) => ({ engine: 'postgres', connection: { secret, sslmode: 'disable' } }),
  sandbox: Sandbox = onThisMachine,
  { key, mount, target }: { key?: { recipient: string; secret: string }; mount?: string; target?: string } = {},
): Promise<Deployment> {
  const environment = await awsEnvironment();
  const endpoint = environment.AWS_ENDPOINT_URL ?? '';
  const id = randomUUID();
  const sender = `${id}@example.org`;
  const secret = `main-${id}`;
  const client = s3At(endpoint);
  await sesOfEmulator(sender, administrator);
  const topic = await newTopic(endpoint, administrator);
  const faults = await FaultProxy.before(endpoint);
  onTestFinished(() => faults[Symbol.asyncDispose]());
  const { tables, catalogue } = await dynamodbTables(faults);
  const bucket = await newBucket(client);
  const secrets = new SecretsManagerClient({ endpoint, region: 'eu-west-3', credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } });
  await secrets.send(new CreateSecretCommand({ Name: secret, SecretString: secretText }));
  const identity = `identity-${id}`;
  if (key) await secrets.send(new CreateSecretCommand({ Name: identity, SecretString: key.secret }));
  const encryption = key && { recipients: [key.recipient], identity: { secret: identity } };
  const targetSecret = `target-${id}`;
  if (target !== undefined) await secrets.send(new CreateSecretCommand({ Name: targetSecret, SecretString: target }));
  const database = main(secret);
  const config: ConfigInput = {
    administrators: [administrator],
    sender,
    databases: { main: database },
    ...(encryption && { encryption }),
    ...(target !== undefined && { targets: targetsBeside(database.engine, targetSecret) }),
  };
  const folder = await functionsWith(config);
  const buildFolders = new Map<string, Promise<string>>(); // few tests need them
  const said: string[] = [];
  const started: Deployment['started'] = [];
  const awsBackup = new AwsBackup();
  const arns = new Set<string>(); // a name is taken in its own workflow alone
  const working = new Set<string>();
  const place = await sandbox.deploy(folder);
  const factories = await sandbox.factories?.();
  const settings: Record<string, string> = {
    SAUVEGARDE_BUCKET: bucket,
    SAUVEGARDE_TABLE: tables.records,
    SAUVEGARDE_AUDIT_TABLE: tables.audit,
    ...workflows,
    SAUVEGARDE_ROTATE: 'rotate',
    SAUVEGARDE_DUMPERS: `${noPlace}=dump`,
    SAUVEGARDE_ALARMS: topic,
    ...(key && { SAUVEGARDE_IDENTITY: key.secret }), // as CloudFormation resolves it
    ...(mount !== undefined && { SAUVEGARDE_MOUNT: mount, SAUVEGARDE_ACCESS_POINT: 'arn:aws:elasticfilesystem:eu-west-3:123456789012:access-point/fsap-1' }),
  };

  /** Answers as Step Functions and Lambda, which the emulator does not run. */
  const answer = async ({ headers, path, body }: Asked) => {
    if (headers['x-amz-target'] === 'AWSStepFunctions.StartExecution') {
      const { name, input, stateMachineArn: workflow } = JSON.parse(body.toString()) as { name: string; input: string; stateMachineArn: string };
      const executionArn = executionOf(name, workflow);
      if (arns.has(executionArn)) return { status: 400, body: { __type: 'ExecutionAlreadyExists', message: `Execution Already Exists: '${name}'` } };
      arns.add(executionArn);
      started.push({ name, input: JSON.parse(input), ...(workflow !== workflows.SAUVEGARDE_WORKFLOW && { workflow }) });
      return { status: 200, body: { executionArn, startDate: 1_795_000_000 } };
    }
    if (headers['x-amz-target'] === 'AWSStepFunctions.DescribeExecution') {
      const { executionArn } = JSON.parse(body.toString()) as { executionArn: string };
      return { status: 200, body: { executionArn, status: working.has(executionArn) ? 'RUNNING' : 'TIMED_OUT' } };
    }
    const restored = awsBackup.answer(path, body.toString());
    if (restored) return restored;
    if (path.startsWith('/v2/email/suppression/')) return { status: 404, body: { __type: 'NotFoundException', message: 'not on the list' } };
    const [, called] = /^\/2015-03-31\/functions\/(rotate|dump)\/invocations$/.exec(path) ?? [];
    if (called === undefined) return undefined;
    try {
      return { status: 200, body: await invokeFor(called, JSON.parse(body.toString())) };
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error;
      return { status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, body: JSON.parse(error.message) };
    }
  };
  const recorders = new Map(await Promise.all([...functionNames, ...buildNames].map(async (name) => [name, await recorder(name, faults, answer)] as const)));

  const functionOf: Deployment['functionOf'] = (name, changes = {}) => ({
    handler: place.handlerOf(name),
    environment: { ...lambdaEnvironment(name), ...place.environment, AWS_ENDPOINT_URL: recorders.get(name)?.endpoint, ...settings, ...changes },
  });
  const invocation =
    (name: string, event: unknown, { remaining, environment }: Parameters<Deployment['invoke']>[2] = {}) =>
    async (lent: FunctionProcess) => {
      try {
        const made = !environment && factories !== undefined && { factory: pathToFileURL(join(factories, name, 'handler.mjs')).href };
        const result = await lent.invoke({ ...functionOf(name, environment), ...made }, event, remaining);
        said.push(JSON.stringify(result));
        return result;
      } catch (error) {
        said.push(String(error));
        throw error;
      } finally {
        said.push(lent.news(), JSON.stringify(event));
      }
    };
  const invoke: Deployment['invoke'] = async (name, event, options = {}) => {
    const work = invocation(name, event, options);
    if (!options.environment) return sandbox.processes.using(work);
    await using cold = sandbox.processes.fresh();
    return await work(cold);
  };
  const invokeFor = (name: string, event: unknown) => sandbox.processes.usingAtOnce(invocation(name, event));

  const undelivered: unknown[] = [];
  /** Delivers an event of a rule as Lambda does: two more attempts, then the queue of dead letters. */
  const deliver = async (name: string, event: unknown) => {
    for (let attempt = 1; attempt <= 3; attempt++)
      if (
        await invoke(name, event).then(
          () => true,
          () => false,
        )
      )
        return;
    undelivered.push(event);
  };

  const buildFolder = (name: string) => {
    const asset = name === 'build' ? 'dump' : 'prove';
    const folder = buildFolders.get(asset) ?? (asset === 'dump' ? dumpBuildFolder(config) : buildWith(asset, config));
    buildFolders.set(asset, folder);
    return folder;
  };
  const built = async (asked: StartBuild, fate: Fate) => {
    const name = asked.ProjectName;
    const { SAUVEGARDE_BUCKET, SAUVEGARDE_TABLE, SAUVEGARDE_AUDIT_TABLE } = settings;
    const catalogue = { SAUVEGARDE_TABLE, SAUVEGARDE_AUDIT_TABLE };
    const ofProject = name === 'build' ? { SAUVEGARDE_BUCKET, ...catalogue } : { SAUVEGARDE_BUCKET, ...place.environment };
    const project = { AWS_ENDPOINT_URL: recorders.get(name)?.endpoint ?? '', ...(ofProject as Record<string, string>) };
    return runBuild({ folder: await buildFolder(name), main: name === 'restoreBuild' ? 'restore.mjs' : 'main.mjs' }, asked, project, fate, said);
  };

  const clock = new TestClock();
  const execute: Deployment['execute'] = async ({ name, input, workflow }, { signal = never, before = () => undefined, remaining = {}, build = {} } = {}) => {
    const short = new Map(Object.entries(remaining));
    const interpreter = new Interpreter(
      parseDefinition(definitionOf(workflow?.slice(machines.length) ?? 'backup'), {
        ...Object.fromEntries([...functionNames, ...buildNames].map((each) => [each, each])),
        provers: proverTable((prover) => prover),
      }),
      {
        clock,
        tasks: {
          'arn:aws:states:::lambda:invoke': async (work) => {
            const { FunctionName, Payload } = work as { FunctionName: string; Payload: unknown };
            await before(FunctionName);
            const name = FunctionName.startsWith('prove') ? 'prove' : FunctionName; // the same bundle with other programs
            const time = short.get(FunctionName);
            short.delete(FunctionName);
            return { Payload: await invoke(name, Payload, { remaining: time }) };
          },
          'arn:aws:states:::codebuild:startBuild.sync': async (work) => {
            const asked = work as StartBuild;
            await before(asked.ProjectName);
            return built(asked, build);
          },
        },
      },
    );
    const id = executionOf(name, workflow);
    working.add(id);
    const end = await interpreter.run({ id, name, input }, signal);
    working.delete(id);
    said.push(JSON.stringify(end));
    if (end.status !== 'SUCCEEDED')
      await deliver(workflow ? 'record' : 'settle', { version: '0', id: randomUUID(), account: '123456789012', region: 'eu-west-3', ...statusEvent(end) });
    return end;
  };

  return {
    invoke,
    build: async (ProjectName, variables) => {
      const EnvironmentVariablesOverride = Object.entries(variables).map(([Name, Value]) => ({ Name, Value, Type: 'PLAINTEXT' as const }));
      return (await built({ ProjectName, EnvironmentVariablesOverride }, {})).Build.ExportedEnvironmentVariables;
    },
    buildFolder,
    functionOf,
    started,
    executionOf: (name) => executionOf(name),
    execute,
    awsBackup,
    undelivered,
    faults,
    clock,
    catalogue: catalogue(),
    vault: new S3Vault(client, bucket),
    bucket,
    secret,
    setSecret: async (value) => void (await secrets.send(new PutSecretValueCommand({ SecretId: secret, SecretString: value }))),
    mails: async () => [...recorders.values()].flatMap(({ accepted }) => accepted.flatMap(mailsIn)).map(({ content }) => content),
    unfinished: () => unfinishedIn(client, bucket),
    said,
    calls: () => [...recorders.values()].flatMap(({ calls }) => calls),
    names: {
      [bucket]: '<bucket>',
      [tables.records]: '<table>',
      [tables.audit]: '<audit table>',
      [secret]: '<secret>',
      [workflows.SAUVEGARDE_WORKFLOW]: '<workflow>',
      [workflows.SAUVEGARDE_VERIFY_WORKFLOW]: '<verify workflow>',
      [workflows.SAUVEGARDE_RESTORE_WORKFLOW]: '<restore workflow>',
      [targetSecret]: '<target secret>',
      [topic]: '<topic>',
      [executionOf('')]: executionOf('').replace('backup', '<workflow>'),
    },
  };
}

/** Makes the targets `staging`, for backups of an engine, and `other`, for those of another. */
function targetsBeside(engine: EngineName, secret: string): NonNullable<ConfigInput['targets']> {
  const [own, another] = engine === 'mysql' ? (['mysql', 'postgres'] as const) : (['postgres', 'mysql'] as const);
  return { staging: { engine: own, connection: { secret, sslmode: 'disable' } }, other: { engine: another, connection: { secret } } };
}

async function unfinishedIn(client: S3Client, bucket: string): Promise<string[]> {
  const { Uploads = [] }: ListMultipartUploadsCommandOutput = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return Uploads.map(({ Key = '' }) => Key);
}
