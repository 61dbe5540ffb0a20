import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project, start } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';

const root = resolve(import.meta.dirname, '../..');

/** A Node on this machine that cannot run TypeScript, for which the launcher is there. */
function olderNode(): string | undefined {
  const candidates = [...(process.env.PATH ?? '').split(':').map((folder) => join(folder, 'node')), '/usr/local/bin/node', '/usr/bin/node'];
  return candidates.find((candidate) => {
    const major = Number(/^v(\d+)\./.exec(spawnSync(candidate, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1]);
    return major >= 18 && major < 24;
  });
}

const older = olderNode();
if (older === undefined) console.log('there is no Node older than 24 on PATH: the launcher is tested only with the Node that runs the tests');

describe.each([older ?? process.execPath])('the launcher under %s', (node) => {
  it('runs the command line and hands on output and status', async () => {
    const version = await start(project(), ['--version'], { node }).ended;
    expect(version).toMatchObject({ status: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await start(project(), ['show', 'app'], { node }).ended).status).toBe(3);
    expect((await start(project(), ['frobnicate'], { node }).ended).status).toBe(2);
  });

  it.each<[how: string, signal: NodeJS.Signals, group: boolean]>([
    ['SIGTERM, to it alone', 'SIGTERM', false],
    ['SIGTERM, to it and its children', 'SIGTERM', true],
    ['Ctrl-C, to it and its children', 'SIGINT', true],
    ['SIGINT, to it alone', 'SIGINT', false],
  ])('hands on %s, and ends as the program does', async (_, signal, group) => {
    const running = start(project(), ['local'], { node, detached: true });
    await running.until(/Ctrl-C stops/);
    process.kill(group ? -running.pid : running.pid, signal);
    const { status, stdout } = await running.ended;
    expect(status).toBe(0);
    expect(stdout).toMatch(/stopped\n$/);
  });
});

/** A copy of the launcher among packages as npm 9 and 10 install them: without the name `node` in node_modules/.bin. */
function installedByOlderNpm(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  cpSync(join(root, 'cli'), join(folder, 'cli'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  for (const name of [`node-${process.platform}-${process.arch}`, '.bin/vitest'])
    if (existsSync(join(root, 'node_modules', name))) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  return join(folder, 'cli/with-node.js');
}

describe.each([older ?? process.execPath])('a script of package.json under %s', (node) => {
  const env = { ...process.env, PATH: [dirname(node), '/usr/bin', '/bin'].join(delimiter) };
  const run = (...program: string[]) => spawnSync(node, [installedByOlderNpm(), ...program], { encoding: 'utf8', env });

  it.each([
    ['sh', '-c', 'node -p process.versions.node'],
    ['node', '-p', 'process.versions.node'],
    ['vitest', '--version'],
  ])('that is "%s %s …" has a Node that runs TypeScript, and so has all that it starts', (...program) => {
    const { status, stdout } = run(...program);
    expect(status).toBe(0);
    expect(Number(/^(?:vitest.* node-v)?(\d+)\./.exec(stdout)?.[1])).toBeGreaterThanOrEqual(24);
  });

  it('ends with the status of its program, or as shells tell of its signal', () => {
    expect(run('sh', '-c', 'exit 7').status).toBe(7);
    expect(run('sh', '-c', 'kill -TERM $$').status).toBe(143);
  });

  it('says which program is not there', () => {
    expect(run('no-such-program')).toMatchObject({ status: 127, stderr: expect.stringMatching(/^no-such-program could not be started.*npm ci/) });
  });

  it.each<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGHUP'])('hands %s on', async (signal) => {
    const source = `process.on('${signal}', () => process.exit(42)); setInterval(() => {}, 1000); console.log('ready');`;
    const child = spawn(node, [installedByOlderNpm(), 'node', '-e', source], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([42, null]);
  });
});

it('no script starts TypeScript, or a program that needs a newer Node, on whatever Node the machine has', () => {
  const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const commands = [...Object.values<string>(read('package.json').scripts), read('cdk.json').app as string].flatMap((script) => script.split(' && '));
  const bound = commands.filter((command) => /\.ts\b|\b(vitest|cdk)\b/.test(command));
  expect(bound.length).toBeGreaterThan(5);
  expect(bound.filter((command) => !command.startsWith('node cli/with-node.js '))).toEqual([]);
});
