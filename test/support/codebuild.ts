import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { ConfigInput } from '../../core/config/config.ts';
import { deployedWith } from '../../core/engines/cards.ts';
import { outcomeVariable } from '../../core/names.ts';
import { programmedOf } from '../../core/programs/tools.ts';
import { WorkflowError } from '../../core/workflow/execution.ts';
import { buildLayer } from '../../layers/layers.ts';
import { buildWith, compiledIn } from './bundles.ts';
import { addressOf, listening } from './mail-server.ts';
import { buildOptions } from './programs.ts';

/** The tests', which may lie in memory, whatever a command under test makes of this process's environment. */
const temporary = tmpdir();

/** Arguments of a state `codebuild:startBuild.sync`. */
export interface StartBuild {
  ProjectName: string;
  EnvironmentVariablesOverride: { Name: string; Value: string; Type: 'PLAINTEXT' }[];
}

/** Interference with a build from outside. */
export interface Fate {
  /** Signal to send once the dump has begun, and `when` has resolved. */
  signal?: NodeJS.Signals;
  when?: () => Promise<unknown>;
  /** Environment beside, or instead of, the project's. */
  environment?: Record<string, string>;
}

/**
 * Makes the folder that CodeBuild would get for a dump, as a deployment makes it but with this machine's programs; that
 * of a proof is `buildWith` alone, since its programs lie elsewhere.
 */
export async function dumpBuildFolder(config: ConfigInput): Promise<string> {
  const folder = await buildWith('dump', config);
  const engines = Object.values(config.databases).map(({ engine }) => engine);
  for (const { programs } of programmedOf(deployedWith(engines)))
    symlinkSync(await buildLayer(programs.clients.folder, buildOptions()), join(folder, programs.clients.folder));
  return folder;
}

/**
 * Runs a build to its end as CodeBuild and Step Functions do: the program with CodeBuild's environment, its output in
 * `said`. Throws the error that the workflow sees if the build failed.
 */
export async function runBuild(
  { folder, main }: { folder: string /** File of the program. */; main: string },
  { EnvironmentVariablesOverride }: StartBuild,
  project: Record<string, string>,
  { signal, when = () => Promise.resolve(), environment = {} }: Fate,
  said: string[],
): Promise<{ Build: { ExportedEnvironmentVariables: { Name: string; Value: string }[] } }> {
  const overrides = Object.fromEntries(EnvironmentVariablesOverride.map(({ Name, Value }) => [Name, Value]));
  const child = spawn(process.execPath, [main, 'outcome'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...(await codeBuildEnvironment(folder)),
      ...compiledIn(folder),
      SAUVEGARDE_PROGRAMS: folder,
      SAUVEGARDE_MINUTES: '470',
      ...project,
      ...overrides,
      ...environment,
    },
  });
  if (signal)
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('dumping')) void when().then(() => child.kill(signal));
    });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  said.push(out, err);
  const Build = { Id: 'sauvegarde:1', BuildStatus: code === 0 ? 'SUCCEEDED' : 'FAILED', EnvironmentVariablesOverride };
  if (code !== 0) throw new WorkflowError('States.TaskFailed', JSON.stringify({ Build }));
  return { Build: { ...Build, ExportedEnvironmentVariables: [{ Name: outcomeVariable, Value: readFileSync(join(folder, 'outcome'), 'utf8') }] } };
}

/**
 * Environment that CodeBuild gives every build (user guide, "Environment variables in build environments"), without
 * anything of this process's. Credentials come by HTTP; only the address is not CodeBuild's.
 */
async function codeBuildEnvironment(folder: string): Promise<Record<string, string>> {
  return {
    AWS_REGION: 'eu-west-3',
    AWS_DEFAULT_REGION: 'eu-west-3',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: await credentialServer(),
    CODEBUILD_BUILD_ID: 'sauvegarde:1',
    CODEBUILD_SRC_DIR: folder,
    HOME: '/root',
    TMPDIR: temporary,
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  };
}

async function credentialServer(): Promise<string> {
  const credentials = { AccessKeyId: 'testing', SecretAccessKey: 'testing', Token: 'testing', Expiration: new Date(Date.now() + 3_600_000).toISOString() };
  const server = createServer((_, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(credentials))).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => void server.close());
  return `http://${addressOf(server)}/credentials`;
}
