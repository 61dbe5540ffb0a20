import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScratchServer as MysqlServer, smallBuffers as smallBuffersOf } from '../../core/engines/mysql/prove/scratch-server.ts';
import { clusterOf, smallBuffers } from '../../core/engines/postgres/prove/cluster.ts';
import { ScratchServer as PostgresServer } from '../../core/engines/postgres/prove/scratch-server.ts';
import { mysqlServerLauncher } from '../support/mysql-programs.ts';
import { serverLauncher } from '../support/programs.ts';
import { Measurements, tableOf } from './figures.ts';

/**
 * A server that was started, whose data directory is kept in `templates` or, without that folder, is made anew; with
 * `isSmall`, under the settings for little data.
 */
type Start = (templates: string | undefined, isSmall?: boolean) => Promise<AsyncDisposable>;

const starts: Record<string, () => Promise<Start>> = {
  PostgreSQL: async () => {
    const launch = await serverLauncher(18);
    const cluster = clusterOf('UTF8', { major: 18, locks: 1000 });
    return (templates, isSmall) =>
      PostgresServer.start({ launch, templates, ...cluster, settings: { ...cluster.settings, ...(isSmall && smallBuffers(18)) }, ...common() });
  },
  MySQL: async () => {
    const launch = await mysqlServerLauncher('mysql-9.7');
    return (templates, isSmall) => MysqlServer.start({ family: 'mysql', launch, templates, ...(isSmall && { settings: smallBuffersOf.mysql }), ...common() });
  },
  MariaDB: async () => {
    const launch = await mysqlServerLauncher('mariadb-11.8');
    return (templates, isSmall) =>
      MysqlServer.start({ family: 'mariadb', launch, templates, ...(isSmall && { settings: smallBuffersOf.mariadb }), ...common() });
  },
};

/**
 * Measures the start of a scratch server until it takes connections: with a data directory made anew, made and kept,
 * copied, and copied for little data. Each kind has its rounds in a row, as proofs follow each other: the file system
 * is still writing what the one before has made.
 */
export async function benchStarts(rounds: number): Promise<void> {
  for (const [product, begin] of Object.entries(starts)) {
    const start = await begin();
    const measured = new Measurements();
    const names = { made: `${product}, made`, kept: `${product}, made and kept`, copied: `${product}, copied`, small: `${product}, copied, for little data` };
    const templates = mkdtempSync(join(tmpdir(), 'sauvegarde-bench-'));
    try {
      for (let round = 0; round < rounds; round++) measured.note(names.made, await secondsOf(() => start(undefined)));
      for (let round = 0; round < rounds; round++) measured.note(names.kept, await secondsOf(() => start(folderIn(templates, round))));
      for (let round = 0; round < rounds; round++) measured.note(names.copied, await secondsOf(() => start(folderIn(templates, 0))));
      for (let round = 0; round < rounds; round++) measured.note(names.small, await secondsOf(() => start(folderIn(templates, 0), true)));
    } finally {
      rmSync(templates, { recursive: true });
    }
    const figures = Object.values(names).map((name) => measured.figures(name, names.made));
    console.log(`\n${tableOf('to one that is made', figures)}`);
  }
}

function folderIn(templates: string, round: number): string {
  const folder = join(templates, `${round}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function common() {
  return { scratch: tmpdir(), signal: AbortSignal.timeout(300_000) };
}

async function secondsOf(start: () => Promise<AsyncDisposable>): Promise<{ seconds: number }> {
  const begun = performance.now();
  await using _ = await start();
  return { seconds: (performance.now() - begun) / 1000 };
}
