import { randomUUID } from 'node:crypto';
import { chmodSync, cpSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EmptyRoot } from '../../layers/empty-root.ts';
import { FunctionProcess, FunctionProcesses } from './function-process.ts';
import { serverFolder, toolsFolder } from './programs.ts';
import { lambdaEnvironment, runner, type Sandbox } from './sandbox.ts';

/**
 * Programs of this machine at their paths in Lambda's image: Node, the shell, and the programs that a watchdog calls.
 */
const ofTheImage = { '/var/lang/bin/node': process.execPath, '/bin/sh': '/bin/sh', '/usr/bin/rm': '/bin/rm', '/usr/bin/sleep': '/bin/sleep' };

/**
 * A root with nothing in it but a function's surroundings on Lambda: Node, both layers in /opt, the bundles in
 * /var/task, a writable /tmp. Dispose of it.
 */
export class LambdaRoot implements AsyncDisposable {
  readonly #root: EmptyRoot;
  readonly #processes: FunctionProcesses;
  #before = new Map<string, string>();

  private constructor(root: EmptyRoot) {
    this.#root = root;
    const runner = { command: '/var/lang/bin/node', args: ['/var/runtime/invoke-function.ts'], env: {}, links: {} };
    this.#processes = new FunctionProcesses(() => new FunctionProcess(root.entering(runner), lambdaEnvironment('')));
  }

  static async make(): Promise<LambdaRoot> {
    const root = await EmptyRoot.make('/tmp');
    await root.addPrograms(ofTheImage);
    await root.install(await toolsFolder(), 'opt/database-tools');
    await root.install(await serverFolder(18), 'opt/database-servers');
    cpSync(runner, root.path('/var/runtime/invoke-function.ts'));
    return new LambdaRoot(root);
  }

  /** Returns our path of a path inside. */
  path(inside: string): string {
    return this.#root.path(inside);
  }

  /** Sandbox for one deployment at a time. */
  get sandbox(): Sandbox {
    return {
      processes: this.#processes,
      deploy: async (bundles) => {
        rmSync(this.path('/var/task'), { recursive: true, force: true });
        cpSync(bundles, this.path('/var/task'), { recursive: true });
        chmodSync(this.path('/var/task'), 0o755);
        this.#before = this.#outsideOfTmp();
        const deployment = randomUUID();
        return { handlerOf: (name) => `file:///var/task/${name}/handler.mjs?${deployment}`, environment: {} };
      },
    };
  }

  /**
   * Lists traces of the functions: everything in /tmp but the templates of scratch servers, and changes elsewhere since
   * they were deployed.
   */
  traces(): string[] {
    const now = this.#outsideOfTmp();
    const changed = [...new Set([...this.#before.keys(), ...now.keys()])].filter((path) => this.#before.get(path) !== now.get(path));
    const paths = readdirSync(this.path('/tmp'), { recursive: true, encoding: 'utf8' });
    return [...paths.filter((path) => !kept.test(path)).map((path) => `/tmp/${path}`), ...changed];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes[Symbol.asyncDispose]();
    await this.#root[Symbol.asyncDispose]();
  }

  /** Maps every path to a mark that shows writes. /dev/null stands for a device. */
  #outsideOfTmp(): Map<string, string> {
    const outside = (path: string) => !/^(tmp|dev)(\/|$)/.test(path);
    const paths = readdirSync(this.path('/'), { recursive: true, encoding: 'utf8' }).filter(outside);
    return new Map(['', ...paths].map((path) => [`/${path}`, stateOf(this.path(join('/', path)))]));
  }
}

/** Matches what may stay in /tmp for the next proof (`template.ts`): whole templates, and their folder. */
const kept = /^scratch-servers-\d+(\/(postgres|mysql|mariadb)-[0-9a-f]{32})?$/;

/** Marks a path; the contents of a folder are listed for themselves. */
function stateOf(path: string): string {
  const state = lstatSync(path);
  return state.isDirectory() ? `${state.mode}` : `${state.mode} ${state.size} ${state.mtimeMs}`;
}
