import { mkdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { clientFolders, type FolderName, olderServers, serverFolders } from '../../core/programs/folders.ts';
import { nodeOptions } from '../../infra/bundle.ts';
import { lambdaLibraryPath } from '../../layers/empty-root.ts';
import { buildLayer } from '../../layers/layers.ts';
import { sharedBundles } from './bundles.ts';
import { FunctionProcess, FunctionProcesses } from './function-process.ts';
import { buildOptions } from './programs.ts';

/** Program that stands for Lambda's runtime. */
export const runner = fileURLToPath(new URL('./invoke-function.ts', import.meta.url));

/** Place where functions run. */
export interface Sandbox {
  /** Deploys bundles there. Returns the URL of a function's handler, a new one for each deployment, and environment that the place needs. */
  deploy(bundles: string): Promise<{ handlerOf(name: string): string; environment: Record<string, string> }>;
  /** Folder of the factories that make handlers there; without one they are loaded themselves. */
  factories?: () => Promise<string>;
  processes: FunctionProcesses;
}

const { NODE_COMPILE_CACHE } = process.env;
/** Read before a command changes this process's environment for itself: functions are started meanwhile too. */
const ofTests = { TMPDIR: tmpdir(), ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) };

/**
 * Kept from file to file; a process ends with this worker, which holds its standard input. Its temporary folder and its
 * compiled code lie with the tests'.
 */
const processes = new FunctionProcesses(
  () => new FunctionProcess({ command: process.execPath, args: [runner], env: {}, links: {} }, { ...lambdaEnvironment(''), ...ofTests }),
);

/**
 * Runs functions beside everything else of this machine, with these layers. They lie in the same place for all files:
 * the paths of its programs are part of a scratch server's template, which is then made once.
 */
function onThisMachineWith(names: readonly FolderName[]): Sandbox {
  let programs: Promise<string> | undefined;
  const made = async () => {
    const folder = join((await sharedBundles()).layers, names.join('+'));
    mkdirSync(folder, { recursive: true });
    for (const name of names) linkOnce(await buildLayer(name, buildOptions()), join(folder, name));
    return folder;
  };
  return {
    processes,
    factories: async () => (await sharedBundles()).factories,
    deploy: async (bundles) => {
      programs ??= made();
      return {
        handlerOf: (name) => pathToFileURL(join(bundles, name, 'handler.mjs')).href,
        environment: { SAUVEGARDE_PROGRAMS: await programs },
      };
    },
  };
}

/** Makes a link unless another worker has made it. */
function linkOnce(target: string, path: string): void {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

export const onThisMachine = onThisMachineWith([clientFolders.postgres, serverFolders.postgres]);

/** The same, with the layer of a server of an older version. */
export const onThisMachineWithOlder = onThisMachineWith(
  [clientFolders.postgres, olderServers.postgres[0]?.folder, serverFolders.postgres].filter((name) => name !== undefined),
);

/** The same, with the layers of databases of MySQL and MariaDB. */
export const onThisMachineWithMysql = onThisMachineWith([...Object.values(clientFolders), ...Object.values(serverFolders)]);

/**
 * Environment that Lambda's runtime gives every function (Developer Guide, "Defined runtime environment variables"),
 * without anything of this process's. There is no HOME.
 */
export function lambdaEnvironment(name: string): Record<string, string> {
  return {
    _HANDLER: 'handler.handler',
    _X_AMZN_TRACE_ID: 'Root=1-6743b5c0-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1',
    AWS_REGION: 'eu-west-3',
    AWS_DEFAULT_REGION: 'eu-west-3',
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'hidden-key',
    AWS_SESSION_TOKEN: 'hidden-token',
    NODE_OPTIONS: nodeOptions,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef',
    AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    AWS_XRAY_DAEMON_ADDRESS: '169.254.79.129:2000',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    LAMBDA_TASK_ROOT: '/var/task',
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LD_LIBRARY_PATH: lambdaLibraryPath,
    NODE_PATH: '/opt/nodejs/node24/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}
