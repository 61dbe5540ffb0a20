import { expect, it, onTestFinished } from 'vitest';
import { fetchedFiles } from '../../../core/aws/fetched-files.ts';
import { readWhole } from '../../../core/bytes/stored.ts';
import { readScan } from '../../../core/documents/scan.ts';
import type { StoredObject } from '../../../core/documents/stored-object.ts';
import { identitiesIn, newKey } from '../../../core/encryption/age-keys.ts';
import type { Keys } from '../../../core/encryption/keys.ts';
import { openStored } from '../../../core/operations/orders/open-backup.ts';
import type { Shown } from '../../../core/operations/orders/show.ts';
import type { SignedFiles } from '../../../core/operations/orders/sign.ts';
import type { StartOutput } from '../../../core/operations/orders/start.ts';
import type { WorkflowError } from '../../../core/workflow/execution.ts';
import { backupScenarios } from '../../scenarios/backup.ts';
import { describeAws } from '../../support/aws.ts';
import { project, sauvegarde } from '../../support/cli.ts';
import { deployWithPostgres, emptyTarget, seed, seeded, serve } from '../../support/deployed-postgres.ts';
import { measuresIn } from '../../support/embedded-metrics.ts';
import { temporaryFolder } from '../../support/folder.ts';
import type { InvocationFailure } from '../../support/function-process.ts';
import { never as quiet } from '../../support/never.ts';
import { testPlatform } from '../../support/platform.ts';
import { query, startPostgresServer } from '../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../support/postgres-servers.ts';
import { coldStart } from '../../support/programs.ts';
import { onThisMachineWithOlder } from '../../support/sandbox.ts';
import { codeBuildServer, lambdaServer, noFindings, outputsOf, stackWith } from '../../support/stack.ts';
import { closedPort, id, keptCalls, never, slot } from './deployed-calls.ts';

const { keep, compare } = keptCalls('runs');

/** Runs of the workflow, as schedules and people start them. */
describeAws('the backup workflow on AWS', { timeout: coldStart }, () => {
  backupScenarios(async () => {
    const deployed = await deployWithPostgres();
    const { catalogue, vault, clock, mails, unfinished } = deployed;
    return {
      catalogue,
      vault,
      clock,
      mails,
      unfinished,
      serve: async (scheduled) => {
        const end = await serve(deployed, scheduled);
        expect(deployed.said.join('\n')).not.toContain(deployed.password);
        keep(deployed);
        return end;
      },
      source: { ...seeded, extension: 'sql' },
      takeAway: async () => {
        await deployed.setSecret(deployed.secretText({ port: closedPort }));
        return 'SourceUnreachableError';
      },
    };
  });

  it('encrypts what it stores, proves the stored bytes, shows, opens and restores them by an identity, the roles of the server too', async () => {
    const key = newKey();
    // all its roles are backed up and made again, so nobody else may make or drop some meanwhile
    const server = await startPostgresServer(18);
    onTestFinished(() => server[Symbol.asyncDispose]());
    const database = await newDatabase(server);
    await query(server, seed, { database });
    const deployed = await deployWithPostgres(undefined, undefined, async () => ({ server, database }), { key, target: emptyTarget });
    const role = `gone_${deployed.database}`;
    onTestFinished(async () => void (await query(deployed.server, `DROP ROLE IF EXISTS "${role}"`)));
    await query(deployed.server, `CREATE ROLE "${role}"`);
    expect(await serve(deployed, slot)).toMatchObject({ status: 'SUCCEEDED' });
    const { manifest, scan, proof } = ((await deployed.invoke('administer', { action: 'show', backup: id })) as Shown).files ?? {};
    expect(manifest).toMatchObject({ version: 2, dump: { key: expect.stringMatching(/\.sql\.zst\.age$/), encryption: { recipients: [key.recipient] } } });
    expect({ proof, tables: scan?.tables.length }).toMatchObject({ proof: { verdict: 'proven', differences: [] }, tables: seeded.tables });
    expect(manifest?.proof.basis).toBeUndefined();
    for (const { key: stored } of await deployed.vault.list('main/'))
      expect(((await readWhole(deployed.vault, stored)) as Buffer).includes('person'), stored).toBe(false);
    await expect(readScan(deployed.vault, manifest?.scan as StoredObject)).rejects.toMatchObject({ name: 'KeyMissingError' });
    const signed = (await deployed.invoke('sign', { backup: 'main', by: 'cli:alice', whole: true })) as SignedFiles;
    expect(signed).toMatchObject({ backup: id, proof: null, files: [{ key: signed.manifest }, { key: manifest?.scan.key }, { key: manifest?.dump.key }] });
    const files = await fetchedFiles(signed, temporaryFolder(), quiet);
    const here = await testPlatform();
    const look = (keys: Keys) => openStored({ ...here, vault: { ...files, keys } }, signed, quiet);
    await expect(look({ recipients: [] })).rejects.toMatchObject({ name: 'KeyMissingError' });
    await using opened = await look({ recipients: [], identities: async () => identitiesIn(key.secret, 'the test') });
    expect(opened).toMatchObject({ backup: id, ...seeded });
    expect((await deployed.catalogue.audit.list({ subject: id })).items[0]).toMatchObject({ action: 'downloaded', by: 'cli:alice' });
    expect(scan?.source?.globals?.roles).toContainEqual(expect.objectContaining({ name: role }));
    await query(deployed.server, `DROP ROLE "${role}"`);
    const to = { to: 'staging', confirmed: 'main' };
    for (const [order, asked, output] of [
      [{ order: 'verify' }, { action: 'askToVerify' }, { verdict: 'proven' }],
      [{ order: 'restore', ...to, options: { withRoles: true } }, { action: 'askToRestore', ...to }, { rows: seeded.rows }],
    ]) {
      const taken = (await deployed.invoke('administer', { ...asked, backup: 'main', by: 'cli:alice' })) as object;
      await deployed.invoke('start', { ...order, ...taken, requestedBy: 'cli:alice' });
      const end = await deployed.execute(deployed.started.shift() ?? never);
      expect(end, JSON.stringify(end)).toMatchObject({ status: 'SUCCEEDED', output });
    }
    expect(await query(deployed.server, `SELECT count(*) FROM pg_roles WHERE rolname = '${role}'`)).toBe('1');
    expect(await deployed.invoke('watch', {})).toMatchObject({ failed: [] });
    expect(deployed.said.join('\n')).not.toContain(key.secret);
  });

  it('serves a slot once, whoever asks for it and how often', async () => {
    const deployed = await deployWithPostgres();
    const event = {
      version: '0',
      id: 'x',
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '1',
      time: slot,
      region: 'eu-west-3',
      resources: [],
      detail: {},
    };
    expect(await deployed.invoke('start', event)).toEqual({ executions: [{ database: 'main', name: id, outcome: 'started' }] });
    expect(await deployed.invoke('start', { database: 'main', scheduled: slot })).toEqual({ executions: [{ database: 'main', name: id, outcome: 'exists' }] });
    expect(deployed.started).toHaveLength(1);
    // of a new stack, which EventBridge and Lambda may deliver more than once
    const created = { requestedBy: 'deployment', at: '2026-11-21T12:00:00Z' };
    const outcomes = [await deployed.invoke('start', created), await deployed.invoke('start', created)] as StartOutput[];
    expect(outcomes.flatMap(({ executions }) => executions.map(({ outcome }) => outcome))).toEqual(['started', 'exists']);
    expect(deployed.started.pop()).toMatchObject({ input: { kind: 'manual', slot: '2026-11-21T12:00:00.000Z' } });
    const [execution = { name: '', input: {} }] = deployed.started;
    await deployed.execute(execution);
    expect(measuresIn(deployed.said)).toEqual({
      DumpSeconds: 'main',
      DumpSize: 'main',
      ProofSeconds: 'main',
      RestoreSeconds: 'main',
      BackupPublished: 'main',
      BackupsRetired: 'main',
    });
    const again = await deployed.execute({ ...execution, name: `${id}-by-hand` });
    expect(again).toMatchObject({ status: 'SUCCEEDED', output: { served: true } });
    expect((await deployed.catalogue.backups.list()).items).toHaveLength(1);
  });

  it('an execution that was stopped by hand is settled by the rule, with one alert, and the next slot is served and ends it', async () => {
    const deployed = await deployWithPostgres();
    const stop = new AbortController();
    const end = await serve(deployed, slot, { signal: stop.signal, before: (name) => name === 'prove' && stop.abort() });
    expect(end.status).toBe('ABORTED');
    expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'failed', error: { name: 'InterruptedError' } });
    expect(await deployed.mails()).toHaveLength(1);
    expect(await deployed.unfinished()).toEqual([]);

    expect(await serve(deployed, '2026-11-23T02:00:00Z')).toMatchObject({ status: 'SUCCEEDED' });
    expect((await deployed.catalogue.incidents.list()).items).toEqual([]);
    expect(await deployed.mails()).toHaveLength(2);
    keep(deployed);
  });

  it('a database that is not configured is a mistake of who asks', async () => {
    const deployed = await deployWithPostgres();
    const unknown = await deployed.invoke('start', { database: 'other' }).catch((reason: unknown) => reason);
    expect(unknown).toMatchObject({ error: 'ConfigurationError', message: expect.stringContaining('configured: main') });
    expect(deployed.started).toEqual([]);
    const { trace } = JSON.parse((unknown as WorkflowError).message) as InvocationFailure;
    expect(trace).toContainEqual(expect.stringMatching(/^ +at .*\/core\/config\/database-of\.ts:\d+:\d+\)?$/)); // by the map of the bundle
  });

  it('a dump of PostgreSQL 15 is proven by the function that has its server, which smoke tries', async () => {
    const server = await postgresServer(15);
    const database = await newDatabase(server);
    await query(server, `${seed} CREATE VIEW checkpoints AS SELECT checkpoints_timed FROM pg_stat_bgwriter`, { database });
    const deployed = await deployWithPostgres(undefined, onThisMachineWithOlder, async () => ({ server, database }));
    const provers: string[] = [];
    const end = await serve(deployed, slot, { before: (called) => called.startsWith('prove') && provers.push(called) });
    expect({ end, provers }).toMatchObject({ end: { status: 'SUCCEEDED' }, provers: ['provePostgres15'] });
    expect(await deployed.invoke('administer', { action: 'show', backup: id })).toMatchObject({
      files: { proof: { verdict: 'proven', notes: [expect.stringMatching(/^would not restore on PostgreSQL 18: VIEW public\.checkpoints: /)] } },
    });
    const { name, environment } = await stackWith({ ...outputsOf(deployed.bucket), ProvePostgres15Function: 'provePostgres15' });
    const AWS_ENDPOINT_URL_LAMBDA = await lambdaServer((called, event) => deployed.invoke(called === 'provePostgres15' ? 'prove' : called, event));
    const AWS_ENDPOINT_URL_CODEBUILD = await codeBuildServer(noFindings);
    const { status, stdout } = await sauvegarde(project(), ['--stack', name, 'smoke'], {
      env: { ...environment, AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL_CODEBUILD },
    });
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(stdout).toMatch(/^ok +prove: dump +PostgreSQL 18/m);
    expect(stdout).toMatch(/^ok +provePostgres15: dump +PostgreSQL 15/m);
    expect(stdout.match(/: proof +the sample was restored/g)).toHaveLength(2);
  });

  compare();
});
