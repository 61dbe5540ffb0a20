import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { readDump } from '../../core/bytes/stored.ts';
import { type ConfigInput, parseConfig } from '../../core/config/config.ts';
import type { DumpOutput } from '../../core/documents/dump-output.ts';
import { readScan } from '../../core/documents/scan.ts';
import { dump } from '../../core/operations/backup/dump.ts';
import { engineOf } from '../../core/operations/backup/engine-of.ts';
import { open } from '../../core/operations/backup/open.ts';
import { prove } from '../../core/operations/backup/prove.ts';
import { workFor } from '../../core/operations/backup/work.ts';
import { programmed } from '../../core/programs/tools.ts';
import { systemClock } from '../../core/time/clock.ts';
import type { Vault } from '../../core/vault/vault.ts';
import { type LocalPlatform, openLocalPlatform } from '../../local/open-platform.ts';

/** Result of one step, which a process of its own writes to standard output. */
export interface StepResult {
  seconds: number;
  /** Largest memory of the process (VmHWM), in MiB. */
  peak: number;
  /** The same before the step began: Node and the modules. */
  base: number;
  run: string;
  output: DumpOutput | undefined;
}

/** Order for a step, as JSON on standard input. */
export interface StepOrder {
  step: 'dump' | 'prove' | 'restore';
  /** Folder of the vault and the state. */
  folder: string;
  database: ConfigInput['databases'][string];
  /** Target of the restore. */
  into: string;
  /** Endpoint of S3 and a bucket there, to dump into instead of the folder. */
  s3?: { endpoint: string; bucket: string };
  /** Results of `dump`. */
  run?: string;
  dumped?: DumpOutput;
}

const order = JSON.parse(await text(process.stdin)) as StepOrder;
const config = parseConfig(
  {
    administrators: ['admin@example.org'],
    databases: { main: order.database },
    local: { vault: 'vault', state: 'state' },
  },
  'the benchmark',
);
/** With the vault that is measured. */
type BenchPlatform = Omit<LocalPlatform, 'vault'> & { vault: Vault };
const log = { info: () => undefined, warn: () => undefined, error: () => undefined, progress: () => undefined };
const signal = new AbortController().signal;
const execution = 'benchmark';

using local = await openLocalPlatform({ config, folder: order.folder }, { clock: systemClock, log });
const platform = order.s3 ? { ...local, vault: await bucketOf(order.s3) } : local;
const family = { sqlite: undefined, postgres: 'postgres', mysql: 'mariadb' }[order.database.engine];
for (const { programs, ...product } of programmed) {
  if (product.family !== family) continue;
  // built or found before the clock starts
  for (const program of [programs.clients.dump, programs.clients.session]) await platform.tools.client(program, signal);
  await platform.tools.server(product.family, signal);
}
const run = order.run ?? (await opened(platform));
const base = peakMemory();
const begun = performance.now();
const output = await perform(platform, run);
const seconds = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ seconds, peak: peakMemory(), base, run, output } satisfies StepResult));

/** Opens a bucket. AWS's modules are loaded only where they are needed, as in the product. */
async function bucketOf({ endpoint, bucket }: NonNullable<StepOrder['s3']>): Promise<Vault> {
  const [{ S3Vault }, { s3At }] = await Promise.all([import('../../core/vault/s3/vault.ts'), import('../support/buckets.ts')]);
  return new S3Vault(s3At(endpoint), bucket);
}

async function opened(platform: BenchPlatform): Promise<string> {
  const slot = platform.clock.now().toISOString();
  const { run } = await open(platform, { database: 'main', slot, kind: 'manual', requestedBy: 'benchmark', again: false, execution });
  return run;
}

async function perform(platform: BenchPlatform, run: string): Promise<DumpOutput | undefined> {
  const { step, dumped, into } = order;
  if (step === 'dump') return dump(platform, { run, execution }, signal);
  if (!dumped) throw new Error(`${step} is not told what was dumped`);
  if (step === 'prove') {
    const { verdict } = await prove(platform, { run, ...dumped }, signal);
    if (verdict !== 'proven') throw new Error(`the proof is ${verdict}`);
    return undefined;
  }
  const scan = await readScan(platform.vault, dumped.scan);
  const open = () => readDump(platform.vault, dumped.dump, dumped.compression);
  await engineOf(platform, order.database.engine).restore(open, scan, { into, force: false, now: platform.clock.now() }, workFor(platform, run, signal));
  return undefined;
}

function peakMemory(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? Number.NaN) / 1024;
}
