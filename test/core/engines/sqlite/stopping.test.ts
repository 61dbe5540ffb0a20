import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InterruptedError } from '../../../../core/errors.ts';
import type { Progress } from '../../../../core/platform.ts';
import { runBackup } from '../../../../local/workflow.ts';
import { mailsOf } from '../../../support/mail.ts';
import { holding } from '../../../support/other-process.ts';
import { request, type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { children } from '../../../support/processes.ts';

const slot = '2026-11-22T02:00:00Z';

/** The tool's processes that this process has started and that still live. */
const toolsAtWork = () => children('sqlite/tool.ts');

/** Stops a run when a step reports this much, and when `tool` is asked for, as soon as the next child is at work. */
async function stopped(platform: TestPlatform, when: (progress: Progress) => boolean, tool = false) {
  const stopping = new AbortController();
  let seen: number[] = [];
  const stop = () => {
    seen = toolsAtWork();
    if (tool && seen.length === 0) setTimeout(stop, 5);
    else stopping.abort(new InterruptedError('stopped by a test'));
  };
  let asked = false;
  platform.log.progress = (progress) => {
    if (asked || !when(progress)) return;
    asked = true;
    stop();
  };
  const end = await runBackup(platform, request(slot), stopping.signal);
  return { end, atWork: seen.length, left: toolsAtWork() };
}

async function expectNothingLeft(platform: TestPlatform): Promise<void> {
  expect(readdirSync(platform.scratch)).toEqual([]);
  expect((await platform.vault.list('')).filter(({ key }) => key.includes('manifest'))).toEqual([]);
  expect((await platform.catalogue.backups.list()).items).toEqual([]);
  expect(await platform.catalogue.runs.get('main-20261122_020000Z')).toMatchObject({ status: 'failed', error: { name: 'InterruptedError' } });
  expect(mailsOf(platform)).toHaveLength(1);
}

describe('a run that is stopped', () => {
  it.each([
    { moment: 'as its first bytes are dumped, while the copy is inspected', when: ({ step }: Progress) => step === 'dump', tools: 1 },
    { moment: 'when its last bytes were dumped', when: ({ step, bytes, total }: Progress) => step === 'dump' && bytes === total, tools: 1 },
  ])('$moment leaves no process and no file', async ({ when, tools }) => {
    const platform = await testPlatform({ rows: 60_000 });
    const { end, atWork, left } = await stopped(platform, when);
    expect(end).toMatchObject({ status: 'ABORTED' });
    expect(atWork).toBe(tools);
    expect(left).toEqual([]);
    expect(await platform.vault.list('')).toEqual([]);
    expect(readdirSync(join(platform.vault.root, '.unfinished'))).toEqual([]);
    await expectNothingLeft(platform);
  });

  it.each([
    { moment: 'as its first bytes are restored', when: ({ step }: Progress) => step === 'prove', tool: false, tools: 0 },
    { moment: 'while what was restored is inspected', when: ({ step, bytes, total }: Progress) => step === 'prove' && bytes === total, tool: true, tools: 1 },
  ])('in its proof, $moment, leaves no process, no scratch file and no backup', async ({ when, tool, tools }) => {
    const platform = await testPlatform({ rows: 20_000 });
    const { end, atWork, left } = await stopped(platform, when, tool);
    expect(end).toMatchObject({ status: 'ABORTED' });
    expect(atWork).toBe(tools);
    expect(left).toEqual([]);
    await expectNothingLeft(platform);
  });

  // the tool itself would give up after 15 s
  it('while its copy waits for a lock leaves no process and no file', { timeout: 10_000 }, async () => {
    const platform = await testPlatform({ rows: 10 });
    await holding(join(platform.folder, 'app.sqlite3'), 'BEGIN EXCLUSIVE');
    const { end, atWork, left } = await stopped(platform, ({ step }) => step === 'copy');
    expect(end).toMatchObject({ status: 'ABORTED' });
    expect(atWork).toBe(1);
    expect(left).toEqual([]);
    expect(await platform.vault.list('')).toEqual([]);
    await expectNothingLeft(platform);
  });

  it('before it begins does nothing', async () => {
    const platform = await testPlatform({ rows: 10 });
    const end = await runBackup(platform, request(slot), AbortSignal.abort(new InterruptedError('stopped by a test')));
    expect(end).toMatchObject({ status: 'ABORTED' });
    expect(await platform.vault.list('')).toEqual([]);
    expect(readdirSync(platform.scratch)).toEqual([]);
  });
});
