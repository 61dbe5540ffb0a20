import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startOn, withoutNetwork } from '../../../../../core/engines/server/scratch/network.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { givesNamespaces } from '../../../../support/network.ts';
import { listeningPeer } from '../../../../support/peer.ts';

const isRoot = process.getuid?.() === 0;
/** Whom a scratch server runs as: not root. */
const servant = isRoot ? 65534 : process.getuid?.();

afterEach(() => void vi.unstubAllEnvs());

/** Puts a program `unshare` first on PATH that is this shell script; `undefined`: there is none at all. */
function withUnshare(script?: string): void {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  if (script !== undefined) writeFileSync(join(folder, 'unshare'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv('PATH', script === undefined ? folder : `${folder}:${process.env.PATH}`);
}

/** Runs a program as a server's would be, without a network. */
async function run(...program: string[]): Promise<string> {
  const { words, identity } = await startOn('none');
  const [command = '', ...rest] = [...words, ...program];
  return (await promisify(execFile)(command, rest, { ...identity, env: { PATH: '/usr/bin:/bin' } })).stdout.trim();
}

describe.skipIf(!givesNamespaces)('without a network', () => {
  const connect = (port: number) => ['bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${port}`];

  it('not even a port of this machine can be reached, which could be otherwise', async () => {
    const peer = await listeningPeer();
    await expect(run(...connect(peer.port))).rejects.toThrow('Network is unreachable');
    expect(peer.connections).toBe(0);
    withUnshare();
    await run(...connect(peer.port));
    expect(peer.connections).toBe(1);
  });

  it.each([
    ['an ordinary user', undefined, false],
    ['root, where a user namespace is refused', '[ "$1" = --user ] && exit 1; exec /usr/bin/unshare "$@"', true],
  ])('programs run as %s may, without root’s rights', async (_, script, needsRoot) => {
    if (needsRoot && !isRoot) return;
    if (script) withUnshare(script);
    expect(await run('sh', '-c', 'grep -E "^(Uid|CapEff|CapPrm|CapAmb)" /proc/self/status; wc -l </proc/net/dev')).toMatch(
      new RegExp(`^Uid:\t${servant}\t.*\nCapPrm:\t0+\nCapEff:\t0+\nCapAmb:\t0+\n3$`),
    );
  });
});

describe('a system that gives no network namespace', () => {
  it.each<[what: string, script: string | undefined, reason: string]>([
    ['has no unshare', undefined, 'there is no program unshare on PATH'],
    ['refuses', 'echo "unshare: unshare failed: Operation not permitted" >&2; exit 1', 'unshare: unshare failed: Operation not permitted'],
    ['refuses without a word', 'exit 1', 'Command failed'],
    ['only pretends', 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"', 'unshare made no network namespace'],
  ])('%s: says so, and the server has ours', async (_, script, reason) => {
    withUnshare(script);
    expect(await withoutNetwork()).toEqual({ refusal: expect.stringContaining(reason) });
    expect(await startOn('none')).toEqual(await startOn('host'));
  });
});
