import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { newBucket, s3At } from '../support/buckets.ts';
import { environmentOf, query, startPostgresServer } from '../support/postgres-server.ts';
import { launcher, toolsFolder } from '../support/programs.ts';
import { ours, shell, timed } from './command.ts';
import { type Figures, tableOf } from './figures.ts';
import { type PartOrder, parts } from './part.ts';
import { sampleSql } from './sample.ts';
import type { StepOrder, StepResult } from './step.ts';

/*
 * `npm run bench -- [--size MB] [--rounds N] [--quick] [--parts] [--s3 URL]`: how long a backup takes beside what one would write in a shell. Every round runs every variant once, so that whatever else the machine does meets them alike;
 * what counts is a variant's ratio to the floor of the same round. `--quick` leaves out the slow variants of others, the proof and the restore; `--parts` adds how far the bytes come in which time;
 * `--s3`, or SAUVEGARDE_TEST_AWS_ENDPOINT, names an endpoint of S3 into which the dump step is measured too.
 */
const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    parts: { type: 'boolean', default: false },
    s3: { type: 'string', default: process.env.SAUVEGARDE_TEST_AWS_ENDPOINT },
  },
});
const [megabytes, rounds] = [Number(values.size), Number(values.rounds)];
if (!(megabytes > 0 && rounds > 0)) throw new Error('write --size as megabytes and --rounds as a number, such as --size 1000 --rounds 5');

const floor = 'pg_dump > /dev/null';
const own = 'Sauvegarde, the dump step';
const ownIntoS3 = 'Sauvegarde, the dump step into S3';
const proof = 'proof';
const restored = 'restore';
const measured = new Map<string, Omit<Figures, 'name' | 'ratios'>>();

const folder = mkdtempSync(join(tmpdir(), 'sauvegarde-bench-'));
try {
  await using server = await startPostgresServer(18, { settings: { max_wal_size: '8GB', shared_buffers: '256MB' } });
  await query(server, 'CREATE DATABASE source');
  await query(server, sampleSql(megabytes * 1e6), { database: 'source' });

  const programs = await launcher(await toolsFolder());
  const pgDump = (...more: string[]) => shell(programs('pg_dump'), ...more);
  const zstd = shell(programs('zstd'), '-q', '-3');
  const shells: [name: string, line: string][] = [
    [floor, `${pgDump('-Fp')} > /dev/null`],
    ['pg_dump \\| zstd > file; sha256sum', `${pgDump('-Fp')} | ${zstd} > dump.zst; sha256sum dump.zst > sum`],
    ...(values.quick
      ? []
      : ([
          ['pg_dump -Fc > file', `${pgDump('-Fc')} > dump.custom`],
          ['pg_dump > file; gzip; cp', `${pgDump('-Fp')} > dump.sql; gzip dump.sql; cp dump.sql.gz copy.gz`],
        ] satisfies [string, string][])),
  ];
  const address = (database: string) => `postgres:///${database}?host=${server.socket}&port=${server.port}&user=${server.user}`;
  const step = (order: Partial<StepOrder> & Pick<StepOrder, 'step'>, cwd: string) =>
    ours<StepResult>(join(import.meta.dirname, 'step.ts'), { folder: cwd, source: address('source'), into: address('target'), ...order });

  const s3 = values.s3 ? { endpoint: values.s3, bucket: await newBucket(s3At(values.s3)) } : undefined;
  await step({ step: 'dump', source: address('postgres') }, folder); // our modules are compiled once, as they are for the command line
  for (let round = 0; round < rounds; round++) {
    const cwd = join(folder, String(round));
    mkdirSync(cwd);
    for (const [name, line] of shells) note(name, await timed(line, { env: environmentOf(server, { database: 'source', overSocket: true }), cwd }));
    for (const part of values.parts ? parts : []) {
      const order = { part, folder: cwd, source: address('source') } satisfies PartOrder;
      note(nameOf(part), await ours<{ seconds: number }>(join(import.meta.dirname, 'part.ts'), order));
    }
    const dumped = await step({ step: 'dump' }, cwd);
    note(own, dumped);
    if (s3) {
      mkdirSync(join(cwd, 's3'));
      note(ownIntoS3, await step({ step: 'dump', s3 }, join(cwd, 's3')));
    }
    if (!dumped.output) throw new Error('the dump step gave nothing');
    const { run, output } = dumped;
    if (!values.quick) {
      note(proof, await step({ step: 'prove', run, dumped: output }, cwd));
      await query(server, 'CREATE DATABASE target TEMPLATE template0');
      note(restored, await step({ step: 'restore', run, dumped: output }, cwd));
      await query(server, 'DROP DATABASE target');
    }
    rmSync(cwd, { recursive: true });
    if (round === 0) console.log(`A dump of ${Math.round(output.totals.bytes / 1e6)} MB, ${Math.round(output.dump.size / 1e6)} MB stored, ${rounds} rounds.\n`);
  }
  console.log(
    tableOf(
      'to the floor',
      [...shells.map(([name]) => name), ...(values.parts ? parts.map(nameOf) : []), own, ...(s3 ? [ownIntoS3] : [])].map((name) => figuresOf(name, floor)),
    ),
  );
  if (!values.quick)
    console.log(
      `\n${tableOf(
        'to the dump step',
        [proof, restored].map((name) => figuresOf(name, own)),
      )}`,
    );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function nameOf(part: (typeof parts)[number]): string {
  return `Sauvegarde's bytes, ${part}`;
}

function note(name: string, { seconds, peak, base }: { seconds: number; peak?: number; base?: number }): void {
  const known = measured.get(name) ?? { seconds: [], peaks: [], bases: [] };
  known.seconds.push(seconds);
  if (peak !== undefined) known.peaks.push(peak);
  if (base !== undefined) known.bases.push(base);
  measured.set(name, known);
}

function figuresOf(name: string, unit: string): Figures {
  const { seconds = [], peaks = [], bases = [] } = measured.get(name) ?? {};
  const units = measured.get(unit)?.seconds ?? [];
  return { name, seconds, peaks, bases, ratios: seconds.map((each, round) => each / (units[round] ?? Number.NaN)) };
}
