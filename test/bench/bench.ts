import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { newBucket, s3At } from '../support/buckets.ts';
import { ours, timed } from './command.ts';
import { Measurements, tableOf } from './figures.ts';
import { mariadbSubject } from './mariadb.ts';
import { manyObjects, postgresSubject } from './postgres.ts';
import { sqliteSubject } from './sqlite.ts';
import { benchStarts } from './starts.ts';
import type { StepOrder, StepResult } from './step.ts';
import type { Subject } from './subject.ts';

/*
 * `npm run bench -- [ENGINE … | starts] [--size MB] [--rounds N] [--quick] [--parts] [--s3 URL]`: compares a backup
 * with the commands that one would write in a shell. Every round runs every variant once, so that whatever else the
 * machine does meets them alike; what counts is a variant's ratio to another of the same round. `--quick` leaves out
 * the slow variants of others, the proof and the restore; `--parts` adds how far the bytes come in which time; `--s3`,
 * or SAUVEGARDE_TEST_AWS_ENDPOINT, names an endpoint of S3 into which the dump step is measured too. `starts` measures
 * the start of a scratch server instead.
 */
const subjects: Record<string, { megabytes: number; make: (bytes: number, folder: string) => Promise<Subject> }> = {
  postgres: { megabytes: 1000, make: postgresSubject },
  mariadb: { megabytes: 500, make: mariadbSubject },
  sqlite: { megabytes: 500, make: sqliteSubject },
  ...Object.fromEntries(Object.entries(manyObjects).map(([name, make]) => [name, { megabytes: 0, make }])),
};
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    parts: { type: 'boolean', default: false },
    s3: { type: 'string', default: process.env.SAUVEGARDE_TEST_AWS_ENDPOINT },
  },
});
const rounds = Number(values.rounds);
const chosen = positionals.length > 0 ? positionals.filter((name) => name !== 'starts') : Object.keys(subjects).filter((name) => !(name in manyObjects));
const unknown = chosen.filter((name) => !(name in subjects));
if (unknown.length > 0) throw new Error(`there is no benchmark of ${unknown.join(', ')}: name some of ${Object.keys(subjects).join(', ')}, starts`);
if (!(rounds > 0) || (values.size !== undefined && !(Number(values.size) > 0)))
  throw new Error('write --size as megabytes and --rounds as a number, such as --size 1000 --rounds 5');

if (positionals.includes('starts')) await benchStarts(rounds);
const own = 'Sauvegarde, the dump step';
const ownWhileWriting = `${own}, while another process writes`;
const ownIntoS3 = `${own} into S3`;
const s3 = values.s3 ? { endpoint: values.s3, bucket: await newBucket(s3At(values.s3)) } : undefined;
for (const name of chosen) {
  const { megabytes, make } = subjects[name] as (typeof subjects)[string];
  await bench((folder) => make(Number(values.size ?? megabytes) * 1e6, folder));
}

async function bench(make: (folder: string) => Promise<Subject>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sauvegarde-bench-'));
  try {
    await using subject = await make(folder);
    const measured = new Measurements();
    const lines = subject.lines.filter(({ slow }) => !(slow && values.quick));
    const parts = values.parts ? (subject.parts ?? []) : [];
    await step(subject, { step: 'dump' }, folder); // compiles our modules once, as they are for the command line
    for (let round = 0; round < rounds; round++) {
      const cwd = join(folder, String(round));
      mkdirSync(cwd);
      for (const { name, line, busy } of lines) {
        await using _ = busy && (await subject.writer?.());
        measured.note(name, await timed(line, { env: subject.environment, cwd }));
      }
      for (const part of parts)
        measured.note(nameOf(part), await ours<{ seconds: number }>(join(import.meta.dirname, 'part.ts'), { part, folder: cwd, database: subject.database }));
      const dumped = await step(subject, { step: 'dump' }, cwd);
      measured.note(own, dumped);
      if (subject.writer) {
        await using _ = await subject.writer();
        measured.note(ownWhileWriting, await step(subject, { step: 'dump' }, fresh(cwd, 'writing')));
      }
      if (s3) measured.note(ownIntoS3, await step(subject, { step: 'dump', s3 }, fresh(cwd, 's3')));
      if (!dumped.output) throw new Error('the dump step gave nothing');
      const { run, output } = dumped;
      if (!values.quick) {
        measured.note('proof', await step(subject, { step: 'prove', run, dumped: output }, cwd));
        await subject.target.make();
        measured.note('restore', await step(subject, { step: 'restore', run, dumped: output }, cwd));
        await subject.target.remove();
      }
      rmSync(cwd, { recursive: true });
      if (round === 0)
        console.log(
          `\n${subject.title}: a dump of ${Math.round(output.totals.bytes / 1e6)} MB, ${Math.round(output.dump.size / 1e6)} MB stored, ${rounds} rounds.`,
        );
    }
    const idle = [...lines.filter(({ busy }) => !busy).map(({ name }) => name), ...parts.map(nameOf), own, ...(s3 ? [ownIntoS3] : [])];
    const busy = lines.filter((line) => line.busy).map(({ name }) => name);
    const [unit = '', busyUnit] = [idle[0], busy[0]];
    console.log(
      `\n${tableOf(
        'to the first',
        idle.map((name) => measured.figures(name, unit)),
      )}`,
    );
    if (busyUnit)
      console.log(
        `\n${tableOf(
          'to the first',
          [...busy, ownWhileWriting].map((name) => measured.figures(name, busyUnit)),
        )}`,
      );
    if (!values.quick)
      console.log(
        `\n${tableOf(
          'to the dump step',
          ['proof', 'restore'].map((name) => measured.figures(name, own)),
        )}`,
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function step({ database, target }: Subject, order: Partial<StepOrder> & Pick<StepOrder, 'step'>, folder: string): Promise<StepResult & { tree: number }> {
  return ours<StepResult>(join(import.meta.dirname, 'step.ts'), { folder, database, into: target.into, ...order });
}

function fresh(cwd: string, name: string): string {
  const folder = join(cwd, name);
  mkdirSync(folder);
  return folder;
}

function nameOf(part: string): string {
  return `Sauvegarde's bytes, ${part}`;
}
