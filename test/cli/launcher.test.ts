import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project, sauvegarde, start } from '../support/cli.ts';

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
    const version = await sauvegarde(project(), ['--version'], { node });
    expect(version).toMatchObject({ status: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await sauvegarde(project(), ['show', 'app'], { node })).status).toBe(3);
    expect((await sauvegarde(project(), ['frobnicate'], { node })).status).toBe(2);
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
