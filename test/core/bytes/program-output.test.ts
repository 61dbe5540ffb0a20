import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startReading } from '../../../core/bytes/tool.ts';
import type { Launch } from '../../../core/programs/launch.ts';

const node: Launch = { command: process.execPath, args: ['--eval'], env: {}, links: {} };
/** Starts faster than Node, which counts where silence is measured. */
const sh: Launch = { command: '/bin/sh', args: ['-c'], env: { PATH: '/usr/bin:/bin' }, links: {} };
const never = new AbortController().signal;
const mebibyte = 1024 * 1024;

/** Writes so many bytes that count up, 4 KiB at a time, as PostgreSQL's programs do. */
const counting = (bytes: number) =>
  `const fs = require('node:fs'); const all = Buffer.alloc(${bytes}, Buffer.from(Array.from({ length: 251 }, (_, each) => each)));
   for (let at = 0; at < all.length; ) at += fs.writeSync(1, all, at, Math.min(4096, all.length - at));`;

describe('the output of a program', () => {
  it.each([0, 1, 4096, mebibyte - 1, mebibyte, mebibyte + 1, 5 * mebibyte + 77])('of %i bytes comes whole, in blocks of 1 MiB', async (size) => {
    const running = await startReading(node, [counting(size)], { env: {}, signal: never });
    const blocks: Uint8Array[] = [];
    for await (const block of running.blocks) blocks.push(block);
    expect(await running.ended).toBe(0);
    expect(blocks.slice(0, -1).every(({ length }) => length === mebibyte)).toBe(true);
    expect(Buffer.concat(blocks).equals(Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, each) => each))))).toBe(true);
  });

  it('waits for a reader that is slow', async () => {
    const silence = { after: 800, error: new Error('the reader is slow, not the program') };
    const running = await startReading(sh, [`head -c ${20 * mebibyte} /dev/zero`], { env: {}, signal: never, silence });
    let size = (await running.blocks[Symbol.asyncIterator]().next()).value?.length ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(running.child.exitCode).toBeNull();
    for await (const block of running.blocks) size += block.length;
    expect([size, await running.ended]).toEqual([20 * mebibyte, 0]);
  });

  it('that nobody reads on is the end of the program', async () => {
    const running = await startReading(node, [counting(20 * mebibyte)], { env: {}, signal: never });
    for await (const _ of running.blocks) break;
    expect(await running.ended).not.toBe(0);
    expect(running.complaint()).toMatch(/EPIPE|ECONNRESET/);
  });

  it('ends early when the program is killed, and its status says so', async () => {
    const running = await startReading(node, [`${counting(mebibyte + 5)} setInterval(() => {}, 1000);`], { env: {}, signal: never });
    let size = 0;
    for await (const block of running.blocks) {
      size += block.length;
      running.child.kill('SIGKILL');
    }
    expect([size >= mebibyte, await running.ended]).toEqual([true, 'SIGKILL']);
  });

  it('of a program that is not there is nothing, and the error tells', async () => {
    const running = await startReading({ ...node, command: '/nowhere/pg_dump' }, [], { env: {}, signal: never });
    for await (const _ of running.blocks) expect.unreachable();
    await expect(running.ended).rejects.toMatchObject({ name: 'ToolFailedError', message: expect.stringContaining('ENOENT') });
  });

  it('that stays away is an error after a while, and what had come is no whole output', async () => {
    const error = new Error('nothing comes');
    const silence = { after: 800, error };
    const running = await startReading(sh, [`head -c ${mebibyte + 5} /dev/zero; exec sleep 60`], { env: {}, signal: never, silence });
    let size = 0;
    const reading = async () => {
      for await (const block of running.blocks) size += block.length;
    };
    await expect(reading()).rejects.toBe(error);
    expect([size, running.child.exitCode]).toEqual([mebibyte + 5, null]);
    running.child.kill('SIGKILL');
    await running.ended;
  });

  it('that comes little by little is waited for, without work', async () => {
    const silence = { after: 1000, error: new Error('nothing comes') };
    const running = await startReading(sh, ['for turn in 1 2 3 4 5 6 7 8 9 10; do printf "little by little"; sleep 0.2; done'], {
      env: {},
      signal: never,
      silence,
    });
    const before = process.cpuUsage();
    let size = 0;
    for await (const block of running.blocks) size += block.length;
    const { user, system } = process.cpuUsage(before);
    expect([size, await running.ended]).toEqual([160, 0]);
    expect(user + system).toBeLessThan(900_000); // microseconds, of more than two seconds
  });

  it('is an error of ours where the folder for temporary files takes none', async () => {
    const { TMPDIR } = process.env;
    process.env.TMPDIR = '/proc';
    onTestFinished(() => {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    });
    await expect(startReading(node, [counting(10)], { env: {}, signal: never })).rejects.toMatchObject({
      name: 'StorageRefusedError',
      message: expect.stringMatching(/temporary folder in \/proc/),
    });
  });

  it('leaves no socket in the temporary folder', async () => {
    const mine = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`sauvegarde-output-${process.pid}-`));
    const running = await startReading(node, [counting(10)], { env: {}, signal: never });
    expect(mine()).toEqual([]);
    for await (const _ of running.blocks);
    await running.ended;
  });
});
