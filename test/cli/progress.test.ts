import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { remaining } from '../../cli/output.ts';
import { cacheFolder } from '../../layers/layers.ts';
import { configure, program, sauvegarde } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';
import { query } from '../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../support/postgres-servers.ts';
import { urlOf } from '../support/postgres-work.ts';
import { coldStart } from '../support/programs.ts';

/** Every row's check takes so long that the restore takes some seconds. */
const slow = `CREATE FUNCTION slow(id integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN true; END $$;
  CREATE TABLE t (id integer CHECK (public.slow(id)), body text);
  INSERT INTO t SELECT n, (SELECT string_agg(md5(random()::text || n || m), '') FROM generate_series(1, 320) m) FROM generate_series(1, 800) n;
  CREATE OR REPLACE FUNCTION slow(id integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN true; END $$;`;

/** What a person sees on a terminal of 120 columns. */
async function onTerminal(folder: string, words: string[], env: Record<string, string>): Promise<{ status: unknown; shown: string }> {
  const command = ['stty cols 120;', process.execPath, program, ...words].join(' ');
  const child = spawn('script', ['-q', '-e', '-c', command, '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { shown: await text(child.stdout), status: await ended };
}

it(
  'a restore on a terminal shows how far it is and, when it can be told, how long it will take',
  async () => {
    const server = await postgresServer(18);
    const [database, copy] = [await newDatabase(server), await newDatabase(server)];
    await query(server, slow, { database });
    const folder = temporaryFolder();
    configure(folder, { databases: { app: { engine: 'postgres', connection: { url: { env: 'SOURCE' } }, proof: 'off' } } });
    const env = { SOURCE: urlOf(server, database), TARGET: urlOf(server, copy), SAUVEGARDE_CACHE: cacheFolder() };
    expect(await sauvegarde(folder, ['backup', 'app'], { env })).toMatchObject({ status: 0 });
    const { status, shown } = await onTerminal(folder, ['restore', 'app', '--into', 'env:TARGET'], env);
    expect({ status, shown }).toMatchObject({ status: 0, shown: expect.stringMatching(/800 rows in 1 table, equal to what was\s+backed up/) });
    const lines = shown.split('\r').filter((line) => line.includes(': restoring '));
    expect(lines[0]).not.toContain('left');
    expect(lines.join('\n')).toMatch(/app-\S+: restoring \d\.\d MB of 8\.2 MB \(\d\d %\), [\d.]+ [kM]B\/s, [\d.]+ s, \d+ s left/);
    expect(shown).toMatch(/: comparing \d\.\d MB of 8\.2 MB/);
  },
  coldStart,
);

describe('the remaining time', () => {
  it.each([
    [10, 25, 100, 30],
    [2, 50, 100, 2],
    [100, 2, 100, 4900],
  ])('after %d s with %d of %d bytes is %d s', (seconds, bytes, total, left) => {
    expect(remaining(seconds, bytes, total)).toBeCloseTo(left);
  });

  it.each([
    ['too early', 1.9, 50, 100],
    ['too little of it', 60, 1, 100],
    ['without a total', 60, 50, undefined],
    ['of an empty dump', 60, 0, 0],
    ['when all is done', 60, 100, 100],
  ])('is not told %s', (_, seconds, bytes, total) => {
    expect(remaining(seconds, bytes, total)).toBeUndefined();
  });
});
