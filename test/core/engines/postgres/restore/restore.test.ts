import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import { OutOfTimeError } from '../../../../../core/errors.ts';
import { leftIn, piece, testWork } from '../../../../support/engine-work.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { query, type ServerAddress } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { type Dumped, dumpedFrom, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

const objects = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";

let made: Promise<Dumped> | undefined;

/** A dump that all tests share, and an empty database. */
async function prepare(): Promise<{ server: ServerAddress; dumped: Dumped; copy: string }> {
  const server = await postgresServer(18);
  made ??= dumpedFrom(server, 'CREATE TABLE person (id integer); INSERT INTO person VALUES (1), (2)');
  return { server, dumped: await made, copy: await newDatabase(server) };
}

const into = (server: ServerAddress, database: string) => ({ into: urlOf(server, database), force: false, now: new Date() });

describe('a restore', () => {
  it(
    'refuses a target that is not empty, and changes nothing',
    async () => {
      const { server, dumped, copy } = await prepare();
      await query(server, 'CREATE TABLE precious (id integer)', { database: copy });
      const restoring = postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, into(server, copy), testWork());
      await expect(restoring).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringContaining('not empty') });
      expect(await query(server, "SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = 'public'::regnamespace", { database: copy })).toBe(
        'precious',
      );
    },
    coldStart,
  );

  it.each([
    { lacks: 'role', source: { roles: ['nobody here'], extensions: [] }, words: 'nobody here' },
    { lacks: 'extension', source: { roles: [], extensions: [{ name: 'postgis', version: '3', schema: 'public' }] }, words: 'postgis' },
  ])('refuses a target without a needed $lacks, and names it', async ({ source, words }) => {
    const { server, dumped, copy } = await prepare();
    const scan = { ...dumped.scan, source: { encoding: 'UTF8', collation: 'C', ...source } };
    const restoring = postgresEngine.restore(() => piece(dumped.bytes), scan, into(server, copy), testWork());
    await expect(restoring).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringContaining(words) });
    expect(await query(server, objects, { database: copy })).toBe('0');
  });

  it('that meets an error undoes everything', async () => {
    const { server, dumped, copy } = await prepare();
    const bytes = Buffer.from(dumped.bytes.toString().replace('\n1\n2\n', '\n1\nno number\n'));
    const restoring = postgresEngine.restore(() => piece(bytes), dumped.scan, into(server, copy), testWork());
    await expect(restoring).rejects.toMatchObject({ name: 'RestoreFailedError' });
    await expect(restoring).rejects.not.toThrow(server.password);
    expect(await query(server, objects, { database: copy })).toBe('0');
  });

  it.each([0.3, 0.95])('leaves the target as it was when it is stopped, or the dump ends, after %d of the bytes', async (share) => {
    const { server, dumped, copy } = await prepare();
    const part = dumped.bytes.subarray(0, Math.floor(dumped.bytes.length * share));
    const cut = postgresEngine.restore(() => piece(part), dumped.scan, into(server, copy), testWork());
    await expect(cut).rejects.toMatchObject({ name: 'DumpMalformedError', message: expect.stringContaining('not complete') });
    expect(await query(server, objects, { database: copy })).toBe('0');
    const stop = new AbortController();
    const work = testWork({ signal: stop.signal });
    async function* slowly() {
      yield part;
      await setTimeout(200);
      stop.abort(new Error('stopped by the test'));
      yield dumped.bytes.subarray(part.length);
    }
    await expect(postgresEngine.restore(() => slowly(), dumped.scan, into(server, copy), work)).rejects.toThrow('stopped by the test');
    expect(leftIn(work)).toEqual([]);
    await expect.poll(() => query(server, objects, { database: copy })).toBe('0');
  });

  it('that is stopped while it is compared says that everything is there, and is no reason to restore again', async () => {
    const { server, dumped, copy } = await prepare();
    const late = new OutOfTimeError('15 minutes were over');
    const stop = new AbortController();
    const work = testWork({ signal: stop.signal, progress: (step) => step === 'compare' && stop.abort(late) });
    await expect(postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, into(server, copy), work)).rejects.toMatchObject({
      name: 'RestoreFailedError',
      message: 'everything was restored, but it could not be compared with the backup: 15 minutes were over',
      cause: late,
    });
    expect(await query(server, objects, { database: copy })).not.toBe('0');
  });

  it('whose process is killed in the middle of a table leaves the target as it was', async () => {
    const { server, dumped, copy } = await prepare();
    const file = join(temporaryFolder(), 'dump.sql');
    writeFileSync(file, dumped.bytes);
    const inTable = dumped.bytes.indexOf('\n2\n') + 1;
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../../../support/killed-restore.ts'), file, String(inTable), urlOf(server, copy)], {
      stdio: 'ignore',
    });
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
    await expect.poll(() => query(server, 'SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()', { database: copy })).toBe('1');
    expect(await query(server, objects, { database: copy })).toBe('0');
  });
});
