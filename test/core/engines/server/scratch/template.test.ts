import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ScratchHome } from '../../../../../core/engines/server/scratch/home.ts';
import { type Making, Template } from '../../../../../core/engines/server/scratch/template.ts';
import type { Launch } from '../../../../../core/programs/launch.ts';
import { flipByte } from '../../../../support/flip-byte.ts';
import { filesIn, temporaryFolder } from '../../../../support/folder.ts';
import { otherProcess } from '../../../../support/other-process.ts';
import { noise } from '../../../../support/streams.ts';

const isRoot = process.getuid?.() === 0;

/** A program whose only file is `file`. */
function launchOf(file: string): Launch {
  return { command: '/usr/bin/env', args: [file], env: {}, links: {} };
}

/** What all but one of these tests make. */
function making(changes: Partial<Making> = {}): Making {
  return { name: 'server', programs: [launchOf('/bin/sh')], settings: ['--encoding=UTF8'], ...changes };
}

async function templateIn(folder: string, changes: Partial<Making> = {}): Promise<Template> {
  const template = await Template.in(folder, making(changes));
  if (!template) throw new Error(`there are no templates in ${folder}`);
  return template;
}

/** A folder as a server's programs would make it. */
function madeData(content = 'as it was made'): string {
  const data = temporaryFolder();
  mkdirSync(join(data, 'base'));
  writeFileSync(join(data, 'base/1'), noise(100_000));
  writeFileSync(join(data, 'VERSION'), content);
  return data;
}

async function newHome(): Promise<ScratchHome> {
  const scratch = temporaryFolder();
  chmodSync(scratch, 0o711);
  const home = await ScratchHome.make(scratch, { name: 'server', socket: 'socket', network: 'host' });
  onTestFinished(() => home[Symbol.asyncDispose]());
  return home;
}

/** The files of a data directory that a template filled; undefined when it did not. */
async function filledBy(template: Template): Promise<string[] | undefined> {
  const home = await newHome();
  if (await template.fill(home)) return filesIn(home.data);
  expect(filesIn(home.root)).toEqual(['group', 'passwd']);
  return undefined;
}

/** The folder of this user's templates. */
function privateOne(folder: string): string {
  return join(folder, `scratch-servers-${process.getuid?.()}`);
}

function onlyFile(folder: string): string {
  const files = filesIn(folder);
  expect(files).toHaveLength(1);
  return join(folder, files[0] as string);
}

it('gives what was kept, to the user that the server runs as, and keeps it for this user alone', async () => {
  const folder = temporaryFolder();
  expect(await filledBy(await templateIn(folder))).toBeUndefined();
  await (await templateIn(folder)).keep(madeData());
  const home = await newHome();
  expect(await (await templateIn(folder)).fill(home)).toBe(true);
  expect(readFileSync(join(home.data, 'VERSION'), 'utf8')).toBe('as it was made');
  for (const path of ['.', 'base', 'base/1']) expect(statSync(join(home.data, path))).toMatchObject({ uid: isRoot ? 65534 : process.getuid?.() });
  expect(statSync(privateOne(folder)).mode & 0o777).toBe(0o700);
  expect(statSync(onlyFile(folder)).mode & 0o777).toBe(0o600);
});

it.each<[string, (program: string) => Partial<Making>]>([
  ['settings', () => ({ settings: ['--encoding=LATIN1'] })],
  ['kind', () => ({ name: 'another' })],
  ['program', () => ({ programs: [launchOf('/bin/cat')] })],
  ['environment of its program', (program) => ({ programs: [{ ...launchOf(program), env: { LOCPATH: '/tmp' } }] })],
])('is another one for another %s', async (_, changes) => {
  const [folder, program] = [temporaryFolder(), '/bin/sh'];
  await (await templateIn(folder)).keep(madeData());
  expect(await filledBy(await templateIn(folder, changes(program)))).toBeUndefined();
});

it('is another one when the program was replaced', async () => {
  const [folder, programs] = [temporaryFolder(), temporaryFolder()];
  const program = join(programs, 'initdb');
  writeFileSync(program, 'version 1');
  const ofProgram = () => templateIn(folder, { programs: [launchOf(program)] });
  await (await ofProgram()).keep(madeData());
  expect(await filledBy(await ofProgram())).toBeDefined();
  writeFileSync(join(programs, 'new'), 'version 2');
  renameSync(join(programs, 'new'), program);
  expect(await filledBy(await ofProgram())).toBeUndefined();
});

it('is one, and whole, when two were kept at once', async () => {
  const folder = temporaryFolder();
  await Promise.all([(await templateIn(folder)).keep(madeData()), (await templateIn(folder)).keep(madeData())]);
  onlyFile(folder);
  expect(await filledBy(await templateIn(folder))).toEqual(['VERSION', 'base/1']);
});

it.each<[string, (file: string) => void]>([
  ['was cut short', (file) => truncateSync(file, 60_000)],
  ['was cut at its beginning', (file) => truncateSync(file, 0)],
  ['has a wrong bit', flipByte],
  ['is of another format', (file) => writeFileSync(file, 'a template')],
  ['somebody else can write', (file) => chmodSync(file, 0o620)],
  ['somebody else owns', (file) => (isRoot ? chownSync(file, 4242, 4242) : chmodSync(file, 0o604))],
])('is not used when it %s, and the next one takes its place', async (_, harm) => {
  const folder = temporaryFolder();
  const template = await templateIn(folder);
  await template.keep(madeData());
  harm(onlyFile(folder));
  expect(await filledBy(template)).toBeUndefined();
  expect(filesIn(folder)).toEqual([]);
  await template.keep(madeData());
  expect(await filledBy(template)).toBeDefined();
});

it('is not looked for behind a link', async () => {
  const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
  const template = await templateIn(folder);
  await template.keep(madeData());
  const file = onlyFile(folder);
  renameSync(file, join(elsewhere, 'planted'));
  symlinkSync(join(elsewhere, 'planted'), file);
  expect(await filledBy(template)).toBeUndefined();
});

it.each<[string, (own: string, folder: string) => void]>([
  ['others may enter', (own) => mkdirSync(own, { mode: 0o755 })],
  ['is a link', (own) => symlinkSync(temporaryFolder(), own)],
  ['is a file', (own) => writeFileSync(own, '')],
  [
    'somebody else owns',
    (own) => {
      mkdirSync(own, { mode: 0o700 });
      if (isRoot) chownSync(own, 4242, 4242);
      else chmodSync(own, 0o707);
    },
  ],
])('is neither kept nor looked for in a folder that %s', async (_, plant) => {
  const folder = temporaryFolder();
  plant(privateOne(folder), folder);
  expect(await Template.in(folder, making())).toBeUndefined();
});

it('is not kept without a folder for it', async () => {
  expect(await Template.in(undefined, making())).toBeUndefined();
  expect(await Template.in(join(temporaryFolder(), 'nowhere'), making())).toBeUndefined();
});

it('is not kept where the disk does not take it', async () => {
  const folder = temporaryFolder();
  const template = await templateIn(folder);
  renameSync(privateOne(folder), join(folder, 'away'));
  await template.keep(madeData());
  expect(filesIn(folder)).toEqual([]);
});

it('is gone when it is to be forgotten', async () => {
  const folder = temporaryFolder();
  const template = await templateIn(folder);
  await template.keep(madeData());
  await template.forget();
  expect(filesIn(folder)).toEqual([]);
});

it('is removed when it was not used for 40 days, as is what a machine that lost its power has left, when another one is kept', async () => {
  const folder = temporaryFolder();
  const ago = (days: number) => new Date(Date.now() - days * 24 * 3600_000);
  const [unused, used] = [await templateIn(folder, { name: 'unused' }), await templateIn(folder, { name: 'used' })];
  for (const template of [unused, used]) await template.keep(madeData());
  for (const path of filesIn(folder)) utimesSync(join(folder, path), ago(41), ago(41));
  for (const [name, days] of [
    ['.abandoned', 2],
    ['.under-way', 0],
  ] as const) {
    writeFileSync(join(privateOne(folder), name), '');
    utimesSync(join(privateOne(folder), name), ago(days), ago(days));
  }
  expect(await filledBy(used)).toBeDefined();
  await (await templateIn(folder)).keep(madeData());
  expect(
    readdirSync(privateOne(folder))
      .map((name) => name.replace(/-[0-9a-f]{32}$/, ''))
      .sort(),
  ).toEqual(['.under-way', 'server', 'used']);
});

it('leaves nothing when whoever keeps it is killed', async () => {
  const [folder, data] = [temporaryFolder(), madeData()];
  truncateSync(join(data, 'VERSION'), 50e9); // takes longer than this test
  const keeper = await otherProcess(
    `const [module, folder, data, making] = process.argv.slice(1);
    const { Template } = await import(module);
    const template = await Template.in(folder, JSON.parse(making));
    console.log('ready');
    await template.keep(data);
    console.log('kept');`,
    new URL('../../../../../core/engines/server/scratch/template.ts', import.meta.url).href,
    folder,
    data,
    JSON.stringify(making()),
  );
  await vi.waitFor(() => onlyFile(folder), 10_000);
  expect(keeper.said()).toBe('ready\n');
  await keeper.kill();
  await vi.waitFor(() => expect(filesIn(folder)).toEqual([]), 10_000);
});
