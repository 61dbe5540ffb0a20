import { expect, it, onTestFinished } from 'vitest';
import { describeAws } from '../../support/aws.ts';
import { productionInstance } from '../../support/aws-backup.ts';
import { deployWithPostgres, seed, serve } from '../../support/deployed-postgres.ts';
import { measuresIn } from '../../support/embedded-metrics.ts';
import { query } from '../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../support/postgres-servers.ts';
import { coldStart } from '../../support/programs.ts';
import { runOf } from '../../support/records.ts';
import { closedPort, id, keptCalls, slot } from './deployed-calls.ts';

const { keep, compare } = keptCalls('keeping');

/** Watch, sweep, and the restore tests of AWS Backup. */
describeAws('the backup workflow on AWS', { timeout: coldStart }, () => {
  it('a restore test of AWS Backup is validated by reading what was restored: what is whole, what lost a table, what cannot be read', async () => {
    const deployed = await deployWithPostgres((secret) => ({
      engine: 'postgres',
      connection: { secret, sslmode: 'disable' },
      proof: 'off',
      backedUpBy: productionInstance,
    }));
    const { awsBackup, catalogue, database, invoke, password, secretText } = deployed;
    const restored = await postgresServer(15);
    await newDatabase(restored, database);
    const { username } = JSON.parse(secretText()) as { username: string };
    await query(restored, `CREATE ROLE "${username}" LOGIN IN ROLE pg_read_all_data PASSWORD '${password}'`);
    onTestFinished(async () => void (await query(restored, `DROP ROLE "${username}"`)));
    await query(restored, `${seed} INSERT INTO kind VALUES ('new'); CREATE TABLE later (id int)`, { database });
    const { host, port } = restored;
    const validated = (job: string, change: Parameters<typeof awsBackup.complete>[1] = {}) =>
      invoke('validate', awsBackup.complete(job, { address: { host, port }, ...change }));

    expect(await validated('first')).toMatchObject({ status: 'SUCCESSFUL', message: expect.stringContaining('no good backup is older') });
    await serve(deployed, slot);
    expect(await validated('whole')).toMatchObject({ status: 'SUCCESSFUL' });
    expect(awsBackup.results.whole).toEqual({
      ValidationStatus: 'SUCCESSFUL',
      ValidationStatusMessage: `main: 3 tables with 204 rows were read; compared with ${id}, nothing is missing`,
    });
    expect(await deployed.mails()).toEqual([]);

    await query(restored, 'DROP TABLE kind; DELETE FROM person WHERE id > 90', { database });
    expect(await validated('less')).toMatchObject({ status: 'FAILED' });
    const lost = 'missing: public.kind; with less than half of the rows: public.person';
    expect(awsBackup.results.less?.ValidationStatusMessage).toContain(lost);
    expect((await catalogue.incidents.list()).items).toMatchObject([{ database: 'main', kind: 'restore-test-failed', last: { subject: 'less' } }]);
    expect((await catalogue.audit.list({ subject: 'main' })).items[0]).toMatchObject({
      by: 'aws-backup',
      action: 'restore-tested',
      detail: expect.stringContaining(lost),
    });
    expect((await deployed.mails())[0]).toContain('a restore test of AWS Backup failed');

    for (const [job, change, reason] of [
      ['unreachable', { address: { host, port: closedPort } }, 'Connection refused'],
      ['gone', { address: undefined }, 'is not there any more'],
      ['elsewhere', { address: { host: 'prod.attacker.example', port } }, 'could be anybody'],
    ] as const) {
      expect(await validated(job, change)).toMatchObject({ status: 'FAILED', message: expect.stringContaining(reason) });
      expect(awsBackup.results[job]?.ValidationStatus).toBe('FAILED');
    }

    for (const [job, change, reason] of [
      ['other', { source: `${productionInstance}-2` }, 'is backedUpBy of no database'],
      ['by-hand', { plan: undefined }, 'no restore testing plan'],
      ['less', {}, 'has its result, FAILED'],
    ] as const)
      expect(await validated(job, change)).toEqual({ job, ignored: expect.stringContaining(reason) });

    await query(restored, `DROP TABLE person; ${seed}`, { database });
    expect(await validated('mended')).toMatchObject({ status: 'SUCCESSFUL' });
    expect((await catalogue.incidents.list()).items).toEqual([]);
    expect(deployed.said.join('\n')).not.toContain(password);
    keep(deployed);
  });

  it('watch starts a slot that nothing has started and settles a run that hangs; sweep finishes what was cut off, and begins a lost vault again; both are asked for status', async () => {
    const yearly = '0 0 1 1 *'; // its slot is long past on whatever day this runs
    const deployed = await deployWithPostgres((secret) => ({ engine: 'postgres', connection: { secret, sslmode: 'disable' }, schedule: yearly, proof: 'off' }));
    const { catalogue, invoke, started, vault } = deployed;
    expect(await invoke('watch', { check: true })).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ check: 'mail to admin@example.org', state: 'ok' })]),
    });
    expect(await invoke('administer', { action: 'status' })).toMatchObject({ well: false, databases: [{ database: 'main', state: 'new' }] });
    expect(await invoke('watch', {})).toMatchObject({ started: [{ database: 'main', outcome: 'started' }], overdue: ['main'], failed: [] });
    const [execution = { name: '', input: {} }] = started;
    expect(await deployed.execute(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await invoke('watch', {})).toMatchObject({ started: [], settled: [], overdue: [], failed: [], databases: { main: { incidents: 0 } } });
    expect(measuresIn(deployed.said)).toMatchObject({ LastGoodAge: 'main', OpenIncidents: 'main' });
    expect(await invoke('administer', { action: 'status' })).toMatchObject({
      well: true,
      databases: [{ database: 'main', state: 'good', next: expect.stringMatching(/-01-01T00:00:00/) }],
    });

    const days = (count: number) => new Date(Date.now() - count * 86_400_000);
    const hanging = { ...runOf(days(2).toISOString()), startedAt: days(0).toISOString(), execution: deployed.executionOf('lost') };
    await catalogue.runs.open(hanging, { leaseEnds: days(-1), now: days(0), again: false });
    expect(await invoke('watch', {})).toMatchObject({ settled: [hanging.id], failed: [] });
    expect(await catalogue.runs.get(hanging.id)).toMatchObject({ error: { message: expect.stringContaining('longer than the workflow allows') } });
    const subjects = ['test: alerts reach you', 'main: the backup failed'];
    expect(await deployed.mails()).toEqual(subjects.map((subject) => expect.stringContaining(`Subject: [Sauvegarde] ${subject}`)));

    const [backup] = (await catalogue.backups.list()).items;
    await catalogue.backups.change(backup?.id ?? '', (record) => ({ ...record, status: 'retired', retiredAt: days(40).toISOString() }));
    const report = { removed: 0, orphans: 0, forgotten: [backup?.id], missing: [], recorded: [] };
    expect(await invoke('sweep', { by: 'cli:alice', dryRun: true })).toMatchObject(report);
    expect(await vault.list('main/')).not.toEqual([]);
    expect(await invoke('sweep', { by: 'scheduler' })).toMatchObject(report);
    expect(await vault.list('main/')).toEqual([]);
    const lost = { by: 'cli:alice', rebuild: true, beginsAgain: true };
    await expect(invoke('sweep', lost)).rejects.toThrow(/the vault is not empty/);
    for (const { key } of await vault.list('')) await vault.retire(key);
    expect(await invoke('sweep', lost)).toMatchObject({ recorded: [], missing: [] });
    expect(await vault.list('')).toMatchObject([{ key: 'HOW-TO-RESTORE.md' }]);
    expect(deployed.said.join('\n')).not.toContain(deployed.password);
    keep(deployed);
  });

  compare();
});
