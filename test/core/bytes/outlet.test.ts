import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { startReading } from '../../../core/bytes/tool.ts';
import type { Launch } from '../../../core/launch.ts';

const node: Launch = { command: process.execPath, args: ['--eval'], env: {}, links: {} };
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
    const running = await startReading(node, [counting(20 * mebibyte)], { env: {}, signal: never });
    let size = (await running.blocks[Symbol.asyncIterator]().next()).value?.length ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(running.child.exitCode).toBeNull();
    for await (const block of running.blocks) size += block.length;
    expect([size, await running.ended]).toEqual([20 * mebibyte, 0]);
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
    await expect(running.ended).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leaves no socket in the temporary folder', async () => {
    const mine = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`sauvegarde-output-${process.pid}-`));
    const running = await startReading(node, [counting(10)], { env: {}, signal: never });
    expect(mine()).toEqual([]);
    for await (const _ of running.blocks);
    await running.ended;
  });
});
