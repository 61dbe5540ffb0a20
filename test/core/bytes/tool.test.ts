import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { start } from '../../../core/bytes/tool.ts';

const sh = { command: '/bin/sh', args: ['-c'], env: { OF_LAUNCH: 'launch' }, links: {} };
const never = new AbortController().signal;

function run(script: string, { env = {}, signal = never }: { env?: Record<string, string>; signal?: AbortSignal } = {}) {
  const running = start(sh, [script], { env: { PATH: '/usr/bin:/bin', ...env }, signal, stdin: 'ignore' });
  return { running, out: text(running.child.stdout as NodeJS.ReadableStream) };
}

it.each<[string, number | string]>([
  ['exit 0', 0],
  ['exit 7', 7],
  ['kill -9 $$', 'SIGKILL'],
  ['kill -15 $$', 'SIGTERM'],
])('%s ends as %s', async (script, status) => {
  const { running, out } = run(script);
  expect([await running.ended, await out]).toEqual([status, '']);
});

it('has no environment but what it is given', async () => {
  process.env.SAUVEGARDE_SECRET_OF_TEST = 'S3cret';
  const { running, out } = run('env', { env: { GIVEN: 'a\nb=c' } });
  await running.ended;
  delete process.env.SAUVEGARDE_SECRET_OF_TEST;
  expect(await out).toContain('GIVEN=a\nb=c\n');
  expect(await out).toContain('OF_LAUNCH=launch\n');
  expect(await out).not.toMatch(/S3cret|HOME=/);
});

it('keeps what was said on standard error', async () => {
  const { running, out } = run('echo one >&2; echo data; echo "trés" >&2');
  await running.ended;
  expect([running.complaint(), await out]).toEqual(['one\ntrés', 'data\n']);
});

it('keeps the last whole lines of what a tool repeats for ever', async () => {
  const { running } = run(`i=0; while [ $i -lt 9000 ]; do i=$((i+1)); echo "line number $i"; done >&2; echo last >&2`);
  await running.ended;
  const lines = running.complaint().split('\n');
  expect(running.complaint().length).toBeLessThanOrEqual(64 * 1024);
  expect(lines.length).toBeGreaterThan(3000);
  expect(lines.pop()).toBe('last');
  expect(lines.every((line, index) => line === `line number ${9000 - lines.length + 1 + index}`)).toBe(true);
});

it('keeps the beginning of a line that is longer than all, and the lines around it', async () => {
  const { running } = run(`{ echo reason; printf 'statement '; head -c 200000 /dev/zero | tr '\\0' x; echo; echo last; } >&2`);
  await running.ended;
  expect(running.complaint()).toMatch(/^reason\nstatement x+\nlast$/);
  expect(running.complaint().length).toBeLessThanOrEqual(64 * 1024);
});

it('is killed when the signal fires, and ends with its reason', async () => {
  const stop = new AbortController();
  const { running, out } = run('trap "" TERM; echo ready; exec sleep 60', { signal: stop.signal });
  await new Promise((resolve) => running.child.stdout?.once('data', resolve));
  stop.abort(new Error('stopped'));
  await expect(running.ended).rejects.toThrow('stopped');
  expect([running.child.signalCode, await out]).toEqual(['SIGKILL', 'ready\n']);
});

it('is not started after the signal has fired', () => {
  expect(() => run('exit 0', { signal: AbortSignal.abort(new Error('too late')) })).toThrow('too late');
});

it('that cannot be started says so', async () => {
  const running = start({ ...sh, command: '/nowhere/tool' }, [], { env: {}, signal: never, stdin: 'ignore' });
  await expect(running.ended).rejects.toThrow('ENOENT');
});

it('leaves nothing listening to the signal', async () => {
  const stop = new AbortController();
  const { running } = run('exit 0', { signal: stop.signal });
  await running.ended;
  stop.abort();
  expect(running.child.killed).toBe(false);
});
