import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { json } from 'node:stream/consumers';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { onTestFinished } from 'vitest';
import { outcomeVariable } from '../../core/names.ts';
import { checkOnBuild } from '../../core/operations/orders/check-on-build.ts';
import { WorkflowError } from '../../core/workflow/execution.ts';
import { awsEnvironment } from './aws.ts';
import type { Deployment } from './deployment.ts';
import { addressOf, listening } from './mail-server.ts';

const functions = ['start', 'administer', 'sign', 'dump', 'prove', 'watch', 'sweep'];

/** Makes a stack that the emulator knows by name, with these outputs. */
export async function stackWith(outputs: Record<string, string>): Promise<{ name: string; environment: Record<string, string> }> {
  const environment = await awsEnvironment();
  const name = `sauvegarde-${randomUUID()}`;
  const client = new CloudFormationClient({
    endpoint: environment.AWS_ENDPOINT_URL ?? '',
    region: environment.AWS_REGION ?? '',
    credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
  });
  const TemplateBody = JSON.stringify({
    Resources: { Nothing: { Type: 'AWS::CloudFormation::WaitConditionHandle' } },
    Outputs: Object.fromEntries(Object.entries(outputs).map(([key, Value]) => [key, { Value }])),
  });
  await client.send(new CreateStackCommand({ StackName: name, TemplateBody }));
  return { name, environment };
}

/** Returns the outputs of a deployed stack. */
export function outputsOf(bucket: string): Record<string, string> {
  const names = functions.map((name) => [`${name[0]?.toUpperCase()}${name.slice(1)}Function`, name]);
  return { ...Object.fromEntries(names), DumpBuild: 'build', ProofBuild: 'proofBuild', Bucket: bucket };
}

/**
 * Answers as Lambda does, by the results of `invoke`: a function's error is a WorkflowError; after a thrown `Refusal`,
 * Lambda itself refuses. Returns the endpoint.
 */
export async function lambdaServer(invoke: (name: string, event: unknown) => Promise<unknown>): Promise<string> {
  return served(async (request, response) => {
    const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '')?.[1] ?? '';
    try {
      response.end(JSON.stringify((await invoke(name, await json(request))) ?? null));
    } catch (error) {
      if (error instanceof WorkflowError) return void response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end(error.message);
      const [status, type] = error instanceof Refusal ? [error.status, error.type] : [500, 'ServiceException'];
      response.writeHead(status, { 'x-amzn-errortype': type }).end(JSON.stringify({ message: String((error as Error).message) }));
    }
  });
}

/** Answers as CodeBuild does, by the results of `build`; a thrown WorkflowError is a failed build. Returns the endpoint. */
export async function codeBuildServer(build: Deployment['build']): Promise<string> {
  const builds = new Map<string, object>();
  return served(async (request, response) => {
    const asked = (await json(request)) as { projectName: string; environmentVariablesOverride: { name: string; value: string }[]; ids: string[] };
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (!request.headers['x-amz-target']?.toString().endsWith('.StartBuild'))
      return void response.end(JSON.stringify({ builds: asked.ids.map((id) => builds.get(id)) }));
    try {
      const variables = Object.fromEntries(asked.environmentVariablesOverride.map(({ name, value }) => [name, value]));
      const exported = await build(asked.projectName, variables);
      const id = `${asked.projectName}:${builds.size}`;
      builds.set(id, { id, buildStatus: 'SUCCEEDED', exportedEnvironmentVariables: exported.map(({ Name: name, Value: value }) => ({ name, value })) });
      response.end(JSON.stringify({ build: builds.get(id) }));
    } catch (error) {
      if (error instanceof WorkflowError)
        return void response.end(
          JSON.stringify({ build: { id: 'failed', buildStatus: 'FAILED', phases: [{ phaseType: 'BUILD', contexts: [{ message: 'exit status 1' }] }] } }),
        );
      response.writeHead(400).end(JSON.stringify({ __type: 'InvalidInputException', message: String((error as Error).message) }));
    }
  });
}

/** Serves on loopback until the test has finished. Returns the endpoint. */
async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://${addressOf(server)}`;
}

/** Build whose checks find nothing, where a test is about the functions alone. */
export const noFindings: Deployment['build'] = async () => [{ Name: outcomeVariable, Value: await checkOnBuild(async () => []) }];

export class Refusal extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/**
 * Makes a deployment that the command line finds by a stack's name. Executions that `start` starts run at once, beside
 * the caller.
 */
export async function asStack(
  deployed: Deployment,
  { before = () => undefined, alter = (_, answer) => answer }: { before?: (name: string) => unknown; alter?: (name: string, answer: unknown) => unknown } = {},
): Promise<{ name: string; environment: Record<string, string>; settled(): Promise<unknown> }> {
  const { name, environment } = await stackWith(outputsOf(deployed.bucket));
  const running: Promise<unknown>[] = [];
  const endpoint = await lambdaServer(async (called, event) => {
    const answer = await deployed.invoke(called, event);
    for (const execution of deployed.started.splice(0)) running.push(deployed.execute(execution, { before }));
    return alter(called, answer);
  });
  const builds = await codeBuildServer(deployed.build);
  return { name, environment: { ...environment, AWS_ENDPOINT_URL_LAMBDA: endpoint, AWS_ENDPOINT_URL_CODEBUILD: builds }, settled: () => Promise.all(running) };
}
