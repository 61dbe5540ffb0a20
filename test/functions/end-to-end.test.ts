import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fetchedFiles } from '../../core/aws/fetched-files.ts';
import { readWhole, storeDocument } from '../../core/bytes/stored.ts';
import type { Backup } from '../../core/catalogue/backups.ts';
import type { Page } from '../../core/catalogue/page.ts';
import { readManifest } from '../../core/documents/manifest.ts';
import { readScan } from '../../core/documents/scan.ts';
import { writeIdentity } from '../../core/documents/source-identity.ts';
import type { StoredObject } from '../../core/documents/stored-object.ts';
import { identitiesIn, newKey } from '../../core/encryption/age-keys.ts';
import type { Keys } from '../../core/encryption/keys.ts';
import { StorageRefusedError } from '../../core/errors.ts';
import { metricNamespace } from '../../core/metrics.ts';
import { identityKey } from '../../core/names.ts';
import { openStored } from '../../core/operations/orders/open-backup.ts';
import type { Shown } from '../../core/operations/orders/show.ts';
import type { SignedFiles } from '../../core/operations/orders/sign.ts';
import type { StartOutput } from '../../core/operations/orders/start.ts';
import { S3Vault } from '../../core/vault/s3/vault.ts';
import type { WorkflowError } from '../../core/workflow/execution.ts';
import { backupScenarios } from '../scenarios/backup.ts';
import { describeAws } from '../support/aws.ts';
import { productionInstance } from '../support/aws-backup.ts';
import { s3At } from '../support/buckets.ts';
import { project, sauvegarde } from '../support/cli.ts';
import { type DeployedPostgres, deployWithPostgres, emptyTarget, seed, seeded, serve } from '../support/deployed-postgres.ts';
import type { DatabaseWith } from '../support/deployment.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { InvocationFailure } from '../support/function-process.ts';
import { never as quiet } from '../support/never.ts';
import { testPlatform } from '../support/platform.ts';
import { query } from '../support/postgres-server.ts';
import { newDatabase, postgresServer, preparedDatabase } from '../support/postgres-servers.ts';
import { coldStart } from '../support/programs.ts';
import { named, type RecordedCall, recorder } from '../support/recorded-calls.ts';
import { runOf } from '../support/records.ts';
import { onThisMachineWithOlder } from '../support/sandbox.ts';
import { codeBuildServer, lambdaServer, noFindings, outputsOf, stackWith } from '../support/stack.ts';
import { resettingOnce, stallingAfter } from '../support/stalling-proxy.ts';
import { streamOf } from '../support/streams.ts';

const slot = '2026-11-22T02:00:00Z';
const id = 'main-20261122_020000Z';

/** Nobody listens here. */
const closedPort = 1;

const never = { name: '', input: {} };
const recordsFile = new URL('./recorded-calls.json', import.meta.url);
const recorded: RecordedCall[] = [];

/** The database of each measure in CloudWatch's embedded metric format (Amazon CloudWatch User Guide, "Embedded metric format specification"). */
function measuresIn(said: string[]): Record<string, string> {
  const lines = said.flatMap((each) => each.split('\n')).filter((line) => line.includes('"_aws"'));
  const measured = lines.flatMap((line) => {
    const { _aws, database } = JSON.parse(line) as {
      _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
      database: string;
    };
    return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) => {
      if (database === undefined) {
        expect({ Namespace, Dimensions, names: Metrics.map(({ Name }) => Name) }).toEqual({
          Namespace: metricNamespace,
          Dimensions: [['service']],
          names: ['Watched', 'OverdueDatabases'],
        });
        return [];
      }
      expect({ Namespace, Dimensions: Dimensions.map((set) => set.toSorted()) }).toEqual({ Namespace: metricNamespace, Dimensions: [['database', 'service']] });
      return Metrics.map(({ Name }) => [Name, database]);
    });
  });
  return Object.fromEntries(measured);
}

const uncompressed: DatabaseWith = (secret) => ({ engine: 'postgres', connection: { secret, sslmode: 'disable' }, compression: 'none', proof: 'off' });
/** Bytes after which parts of an uncompressed dump have been stored. */
const partsBegun = 20_000_000;
/** Enough for an upload in parts, unless it is compressed. */
const large = preparedDatabase(`${seed} CREATE TABLE big AS SELECT repeat('x', 1000) FROM generate_series(1, 24000)`);

function ofUploads(deployed: DeployedPostgres, name: string, action: string): RecordedCall[] {
  return deployed.calls().filter((call) => call.function === name && call.action === action && call.resource.endsWith('.sql'));
}

function uploadBegun(deployed: DeployedPostgres, name: string): Promise<unknown> {
  return vi.waitUntil(() => ofUploads(deployed, name, 's3:PutObject').length > 0, { timeout: coldStart });
}

function keep(deployed: DeployedPostgres): void {
  recorded.push(...named(deployed.calls(), deployed.names));
}

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

  it('encrypts what it stores, proves the stored bytes, and shows them by the identity in Secrets Manager', async () => {
    const key = newKey();
    const deployed = await deployWithPostgres(undefined, undefined, undefined, { key, target: emptyTarget });
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
    const to = { to: 'staging', confirmed: 'main' };
    for (const [order, asked, output] of [
      [{ order: 'verify' }, { action: 'askToVerify' }, { verdict: 'proven' }],
      [{ order: 'restore', ...to, options: {} }, { action: 'askToRestore', ...to }, { rows: seeded.rows }],
    ]) {
      const taken = (await deployed.invoke('administer', { ...asked, backup: 'main', by: 'cli:alice' })) as object;
      await deployed.invoke('start', { ...order, ...taken, requestedBy: 'cli:alice' });
      expect(await deployed.execute(deployed.started.shift() ?? never)).toMatchObject({ status: 'SUCCEEDED', output });
    }
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

  it(
    'a dump whose proof takes too long for its function is proven by a build, which reads the vault and nothing else',
    async () => {
      const deployed = await deployWithPostgres();
      const called: string[] = [];
      const end = await serve(deployed, slot, { before: (name) => called.push(name), remaining: { prove: 100 } });
      expect(end).toMatchObject({ status: 'SUCCEEDED', output: { backup: id } });
      expect(called).toEqual(['open', 'dump', 'prove', 'proofBuild', 'prove', 'publish', 'rotate']);
      expect((await deployed.catalogue.backups.list()).items).toMatchObject([{ id, ...seeded, proof: { verdict: 'proven' } }]);
      expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded', provenOnBuild: true });
      expect(measuresIn(deployed.said)).toMatchObject({ ProofSeconds: 'main' });
      expect(await deployed.mails()).toEqual([]);
      expect(deployed.said.join('\n')).not.toContain(deployed.password);
      keep(deployed);
    },
    coldStart,
  );

  describe('a database that its function has no time for', () => {
    const stalled = async (deployed: DeployedPostgres) => deployed.setSecret(deployed.secretText({ port: await stallingAfter(0, deployed.server.port) }));
    const dumping = { remaining: { dump: 1000 } };
    /** The second time that `dump` is called it reads what the build noted. */
    const names = (deployed: DeployedPostgres, beforeBuild: () => unknown = () => deployed.setSecret(deployed.secretText())) => {
      const called: string[] = [];
      const before = async (name: string) => {
        called.push(name);
        if (name === 'build') await beforeBuild();
      };
      return { called, before };
    };

    it('is dumped by a build, proven and published in the same run', async () => {
      const deployed = await deployWithPostgres();
      await stalled(deployed);
      const { called, before } = names(deployed);
      const progress: Record<string, unknown> = {};
      const looking = async (name: string) => {
        progress[name] = (await deployed.catalogue.runs.get(id))?.progress?.step;
        await before(name);
      };
      const end = await serve(deployed, slot, { before: looking, ...dumping });
      expect(end).toMatchObject({ status: 'SUCCEEDED', output: { backup: id } });
      expect(progress).toMatchObject({ build: undefined, prove: 'dumped', rotate: undefined });
      expect(called).toEqual(['open', 'dump', 'build', 'dump', 'prove', 'publish', 'rotate']);
      const [backup] = (await deployed.catalogue.backups.list()).items;
      expect(backup).toMatchObject({ id, status: 'published', ...seeded, proof: { verdict: 'proven' } });
      expect(backup?.objects.dump).toEqual(expect.stringMatching(/Z\.2\.sql\.zst$/)); // the first attempt was the function's
      expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded', attempts: 2, dumped: { dump: { engine: 'postgres' } } });
      expect(measuresIn(deployed.said)).toMatchObject({ DumpSeconds: 'main', DumpSize: 'main' });
      expect(await deployed.unfinished()).toEqual([]);
      expect(await deployed.mails()).toEqual([]);
      expect(deployed.said.join('\n')).not.toContain(deployed.password);
      keep(deployed);
    });

    it('and whose password is wrong in the build fails under that name, after one build and with one mail', async () => {
      const deployed = await deployWithPostgres();
      await stalled(deployed);
      const { called, before } = names(deployed, () => deployed.setSecret(deployed.secretText({ password: 'hidden-and-wrong' })));
      const end = await serve(deployed, slot, { before, ...dumping });
      expect(end).toMatchObject({ status: 'FAILED', error: 'AccessDeniedError', cause: expect.stringContaining('password authentication failed') });
      expect(called).toEqual(['open', 'dump', 'build', 'dump', 'settle']);
      expect(deployed.clock.slept).toEqual([]);
      expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'failed', error: { name: 'AccessDeniedError' } });
      expect(await deployed.mails()).toHaveLength(1);
      expect(await deployed.vault.list('')).toEqual([]);
      expect([...(await deployed.mails()), ...deployed.said].join('\n')).not.toMatch(/hidden-/);
      keep(deployed);
    });

    it('and whose builds are killed is settled with one mail, and nothing is left in the vault', async () => {
      const deployed = await deployWithPostgres();
      await stalled(deployed);
      const { called, before } = names(deployed, () => undefined);
      const end = await serve(deployed, slot, { before, ...dumping, build: { signal: 'SIGKILL' } });
      expect(end).toMatchObject({
        status: 'FAILED',
        error: 'InterruptedError',
        cause: expect.stringMatching(/without recording a result.*States\.TaskFailed/),
      });
      expect(called).toEqual(['open', 'dump', 'build', 'build', 'build', 'build', 'dump', 'settle']);
      expect(deployed.clock.slept).toEqual([60, 60, 60]);
      expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'failed', attempts: 5, error: { name: 'InterruptedError' } });
      expect(await deployed.mails()).toHaveLength(1);
      expect(await deployed.vault.list('')).toEqual([]);
    });

    it('and whose build is stopped in the middle of an upload ends with that, with no second build and no upload left', async () => {
      const deployed = await deployWithPostgres(uncompressed, undefined, large);
      await stalled(deployed);
      const { called, before } = names(deployed, async () =>
        deployed.setSecret(deployed.secretText({ port: await stallingAfter(partsBegun, deployed.server.port) })),
      );
      const end = await serve(deployed, slot, { before, ...dumping, build: { signal: 'SIGTERM', when: () => uploadBegun(deployed, 'build') } });
      expect(end).toMatchObject({ status: 'FAILED', error: 'InterruptedError', cause: expect.stringMatching(/the build was stopped/) });
      expect(called).toEqual(['open', 'dump', 'build', 'dump', 'settle']);
      expect(ofUploads(deployed, 'build', 's3:AbortMultipartUpload')).toHaveLength(1);
      expect(await deployed.unfinished()).toEqual([]);
      keep(deployed);
    });

    it('and too large for a build too ends with that, with one mail, no second build and no upload left', async () => {
      const deployed = await deployWithPostgres(uncompressed, undefined, large);
      const inTheMiddle = async () => deployed.setSecret(deployed.secretText({ port: await stallingAfter(partsBegun, deployed.server.port) }));
      await inTheMiddle();
      const { called, before } = names(deployed, inTheMiddle);
      const end = await serve(deployed, slot, { before, remaining: { dump: 5000 }, build: { environment: { SAUVEGARDE_MINUTES: '0.1' } } });
      expect(end).toMatchObject({ status: 'FAILED', error: 'OutOfTimeError', cause: expect.stringMatching(/the build's time was up 5 s after it began/) });
      expect(called).toEqual(['open', 'dump', 'build', 'dump', 'settle']);
      expect(await deployed.mails()).toHaveLength(1);
      expect(await deployed.unfinished()).toEqual([]);
      expect(await deployed.vault.list('')).toEqual([]);
      keep(deployed);
    });
  });

  it('a database that is lost in the middle of an upload is dumped again, and no upload is left', async () => {
    const deployed = await deployWithPostgres(uncompressed, undefined, large);
    await deployed.setSecret(deployed.secretText({ port: await resettingOnce(partsBegun, deployed.server.port, () => uploadBegun(deployed, 'dump')) }));
    expect(await serve(deployed, slot)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded', attempts: 2 });
    expect(ofUploads(deployed, 'dump', 's3:AbortMultipartUpload')).toHaveLength(1);
    expect(await deployed.unfinished()).toEqual([]);
    keep(deployed);
  });

  it('administrators list, show, plan, hold, release, rotate, bring back what is true, and download, and all they change is audited', async () => {
    const deployed = await deployWithPostgres((secret) => ({ engine: 'postgres', connection: { secret, sslmode: 'disable' }, keep: 1, proof: 'off' }));
    const { invoke, vault } = deployed;
    const another = { format: 'sauvegarde-source-identity', version: 1, mark: 'another', since: '2026-11-20T02:00:00Z' } as const;
    await storeDocument(vault, identityKey('main', 1), writeIdentity(another));
    await serve(deployed, '2026-11-21T02:00:00Z');
    const old = 'main-20261121_020000Z';
    const by = 'cli:alice';
    expect(await deployed.catalogue.backups.get(old)).toMatchObject({ stranger: expect.stringMatching(/^system identifier \d+, database test_/) });
    expect((await deployed.catalogue.incidents.list()).items).toMatchObject([{ kind: 'source-changed' }]);
    expect(await invoke('administer', { action: 'accept', database: 'main', by })).toMatchObject({ database: 'main' });
    expect(await deployed.catalogue.backups.get(old)).not.toHaveProperty('stranger');
    expect((await deployed.catalogue.incidents.list()).items).toEqual([]);
    expect(await invoke('administer', { action: 'list' })).toMatchObject({ items: [{ id: old, status: 'published' }] });
    expect(await invoke('administer', { action: 'runs', database: 'main' })).toMatchObject({ items: [{ id: old, status: 'succeeded' }] });
    expect(await invoke('administer', { action: 'show', backup: 'main' })).toMatchObject({
      backup: { id: old },
      files: { manifest: { id: old }, proof: null },
    });
    expect(await invoke('administer', { action: 'hold', backup: old, by, reason: 'before the migration' })).toMatchObject({ hold: { by } });
    await serve(deployed, slot);
    expect(await invoke('administer', { action: 'list' })).toMatchObject({ items: [{ id }, { id: old, status: 'published' }] });
    const { items, next } = (await invoke('administer', { action: 'list', limit: 1 })) as Page<Backup>;
    expect(items).toMatchObject([{ id }]);
    expect(await invoke('administer', { action: 'list', limit: 1, after: next })).toMatchObject({ items: [{ id: old }] });
    expect(await invoke('administer', { action: 'release', backup: old, by })).not.toHaveProperty('hold');
    expect(await invoke('administer', { action: 'plan' })).toMatchObject([
      { backup: id, keep: true },
      { backup: old, keep: false },
    ]);
    expect(await invoke('administer', { action: 'rotate', by })).toMatchObject([{ database: 'main', kept: 1, retired: [{ backup: old }] }]);
    expect((await vault.list('main/')).filter(({ key }) => key.includes('20261121'))).toEqual([]);
    await expect(invoke('sign', { backup: old, by })).rejects.toMatchObject({ error: 'RefusedError' });
    // keys under delete markers are free
    const stem = 'main/2026/11/backup_20261121_020000Z';
    for (const key of [`${stem}.sql.zst`, `${stem}.manifest.json`]) await vault.create(key, streamOf(['false']));
    expect(await invoke('administer', { action: 'unretire', backup: old, by })).toMatchObject({ id: old, status: 'published', hold: { by } });
    expect((await readManifest(vault, `${stem}.manifest.json`)).id).toBe(old);

    const signed = (await invoke('sign', { backup: old, by })) as { url: string; size: number; sha256: string };
    const bytes = Buffer.from(await (await fetch(signed.url)).arrayBuffer());
    expect({ size: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') }).toEqual({ size: signed.size, sha256: signed.sha256 });
    const audit = (await deployed.catalogue.audit.list({ subject: old })).items;
    expect(audit.map(({ action }) => action)).toEqual([
      'downloaded',
      'brought-back',
      'refused',
      'retired',
      'released',
      'held',
      'backup-published',
      'backup-requested',
    ]);
    keep(deployed);
  });

  it('what is brought back is copied in parts, by the rights of administer', async () => {
    const deployed = await deployWithPostgres();
    const { faults, vault } = deployed;
    await serve(deployed, slot);
    const { endpoint, calls } = await recorder('administer', faults.endpoint);
    const ofSmallCopies = new S3Vault(s3At(endpoint), deployed.bucket, { copySizes: { whole: 0, part: 5 * 1024 * 1024 } });
    const dump = 'main/2026/11/backup_20261122_020000Z.sql.zst';
    await vault.retire(dump);
    faults.fail('UploadPartCopy', { error: 403, code: 'AccessDenied' });
    await expect(ofSmallCopies.bringBack(dump)).rejects.toBeInstanceOf(StorageRefusedError);
    expect(await deployed.unfinished()).toEqual([]);
    await ofSmallCopies.bringBack(dump);
    expect(await deployed.invoke('administer', { action: 'show', backup: id })).toMatchObject({ backup: { id } });
    expect(faults.operations().filter((operation) => operation === 'UploadPartCopy')).toHaveLength(2);
    recorded.push(...named(calls, deployed.names));
    keep(deployed);
  });

  it('an existing backup is proven again by an order: one proof for all who ask meanwhile, recorded with who asked, or why there is none', async () => {
    const deployed = await deployWithPostgres((secret) => ({ engine: 'postgres', connection: { secret, sslmode: 'disable' }, proof: 'off' }));
    const { catalogue, invoke, started, vault } = deployed;
    await serve(deployed, slot);
    const [by, requestedBy] = ['cli:alice', 'cli:alice'];
    const ordered = async () => {
      const order = (await invoke('administer', { action: 'askToVerify', backup: 'main', by })) as { backup: string; at: string };
      return { order: 'verify', ...order, requestedBy };
    };
    const first = await ordered();
    expect(first).toMatchObject({ backup: id, at: expect.stringMatching(/:\d\d\.000Z$/) });
    expect(await ordered()).toEqual(first);
    expect([await invoke('start', first), await invoke('start', first)]).toEqual([{ outcome: 'started' }, { outcome: 'exists' }]);
    const called: string[] = [];
    expect(await deployed.execute(started.shift() ?? never, { before: (name) => called.push(name) })).toMatchObject({
      status: 'SUCCEEDED',
      output: { verdict: 'proven' },
    });
    expect(called).toEqual(['record', 'prove', 'record']);
    const proven = await catalogue.backups.get(id);
    expect(proven).toMatchObject({ proof: { verdict: 'proven' }, verifying: { by, claimed: true, startedAt: first.at, endedAt: expect.any(String) } });
    expect((await catalogue.audit.list({ subject: id })).items[0]).toMatchObject({ action: 'verified', by, claimed: true, detail: 'proven' });
    expect(await invoke('administer', { action: 'show', backup: id })).toMatchObject({ files: { proof: { backup: id, verdict: 'proven' } } });

    // stopped by hand: the rule ends it
    const stop = new AbortController();
    await invoke('start', await ordered());
    await deployed.execute(started.shift() ?? never, { signal: stop.signal, before: (name) => name === 'prove' && stop.abort() });
    expect((await catalogue.backups.get(id))?.verifying).toMatchObject({ endedAt: expect.any(String), error: { name: 'InterruptedError' } });

    const [proof = ''] = proven?.objects.proofs ?? [];
    expect(proof).toMatch(/\.proof-\d{8}_\d{6}Z\.json$/);
    const dump = proven?.objects.dump ?? '';
    await vault.retire(dump);
    await vault.create(dump, streamOf(['false']));
    await invoke('start', await ordered());
    expect(await deployed.execute(started.shift() ?? never)).toMatchObject({ status: 'SUCCEEDED', output: { verdict: 'refuted' } });
    expect(await catalogue.backups.get(id)).toMatchObject({ proof: { verdict: 'refuted' } });
    expect((await catalogue.incidents.list()).items).toMatchObject([{ kind: 'backup-refuted' }]);
    expect(await deployed.mails()).toHaveLength(1);

    await vault.retire(proven?.manifest ?? '');
    await invoke('start', { ...(await ordered().catch(() => first)), backup: id, at: '2026-12-01T00:00:00Z' });
    expect(await deployed.execute(started.shift() ?? never)).toMatchObject({ status: 'FAILED', error: 'ObjectMissingError' });
    expect(await catalogue.backups.get(id)).toMatchObject({ status: 'missing', verifying: { error: { name: 'ObjectMissingError' } } });
    keep(deployed);
  });

  it('a backup is restored into a declared target by an order that names it, on a build if a function has no time, checked and compared, recorded with who asked, and never repeated', async () => {
    let address = '';
    const deployed = await deployWithPostgres(
      (secret) => ({ engine: 'postgres', connection: { secret, sslmode: 'disable' }, proof: 'off' }),
      undefined,
      undefined,
      {
        target: async (server) => {
          address = await emptyTarget(server);
          return address;
        },
      },
    );
    const { catalogue, invoke, started } = deployed;
    await serve(deployed, slot);
    const by = 'console:alice';
    const ask = (change = {}) => invoke('administer', { action: 'askToRestore', backup: 'main', to: 'staging', confirmed: 'main', by, ...change });
    await expect(ask({ to: 'nowhere' })).rejects.toMatchObject({ error: 'ConfigurationError', message: expect.stringContaining('declared: staging, other') });
    await expect(ask({ to: 'other' })).rejects.toMatchObject({ error: 'RefusedError', message: expect.stringContaining('the target other of mysql') });
    await expect(ask({ confirmed: 'staging' })).rejects.toMatchObject({ error: 'RefusedError', message: expect.stringContaining('type main') });
    expect(await invoke('administer', { action: 'targets' })).toEqual([
      { name: 'staging', engine: 'postgres' },
      { name: 'other', engine: 'mysql' },
    ]);

    const begin = async (options = {}) => {
      const order = { order: 'restore', ...((await ask()) as object), to: 'staging', confirmed: 'main', options, requestedBy: by };
      expect(await invoke('start', order)).toEqual({ outcome: 'started' });
      return started.shift() ?? never;
    };
    const execution = await begin();
    const database = new URL(address).pathname.slice(1);
    expect(JSON.stringify(execution)).not.toContain(database);
    const called: string[] = [];
    const before = (name: string) => called.push(name);
    expect(await deployed.execute(execution, { before, remaining: { restore: 300 } })).toMatchObject({ status: 'SUCCEEDED', output: { rows: seeded.rows } });
    expect(called).toEqual(['record', 'restore', 'restoreBuild', 'restore', 'record']);
    expect(await query(deployed.server, 'SELECT count(*) FROM person', { database })).toContain('200');
    expect(await catalogue.backups.get(id)).toMatchObject({
      restoring: { by, claimed: true, to: 'staging', endedAt: expect.any(String), restored: { ...seeded, notes: expect.any(Array) } },
    });
    expect((await catalogue.audit.list({ subject: id })).items[0]).toMatchObject({
      action: 'restored',
      by,
      detail: expect.stringMatching(/^staging: \w+ at 127/),
    });

    // what is in the way is there the next time too
    expect(await deployed.execute(await begin(), { before })).toMatchObject({ status: 'FAILED', error: 'RefusedError' });
    expect(called.slice(5)).toEqual(['record', 'restore', 'record']);
    expect((await catalogue.backups.get(id))?.restoring).toMatchObject({ error: { name: 'RefusedError', message: expect.stringContaining('not empty') } });
    expect((await catalogue.audit.list({ subject: id })).items[0]).toMatchObject({ action: 'refused', by, detail: expect.stringMatching(/^restore: /) });

    // a part comes out of a scratch server, which a function has no program for
    await query(deployed.server, 'DROP TABLE person, kind', { database });
    const nobody = await deployed.execute(await begin({ tables: ['kind', 'nobody'] }), { before });
    expect(nobody).toMatchObject({ status: 'FAILED', error: 'UnknownNameError', cause: expect.stringContaining('no table "nobody"') });
    expect(await deployed.execute(await begin({ tables: ['kind'] }), { before })).toMatchObject({ status: 'SUCCEEDED', output: { rows: 3 } });
    expect(called.slice(8)).toEqual(['record', 'record', 'record', 'restoreBuild', 'restore', 'record']);
    expect(await query(deployed.server, "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'public'", { database })).toBe('kind');

    // what is replaced is backed up first, under another name
    await query(deployed.server, "DELETE FROM kind WHERE name = 'a'", { database });
    const replacing = await deployed.execute(await begin({ force: true, tables: ['person'] }), { before: (name) => called.push(name) });
    expect(replacing).toMatchObject({ status: 'SUCCEEDED', output: { rows: 200 } });
    expect(called.slice(14)).toEqual(['record', 'restore', 'prove', 'publish', 'rotate', 'restoreBuild', 'restore', 'record']);
    const [kept] = (await catalogue.backups.list({ database: 'main-replaced' })).items;
    expect(kept).toMatchObject({ status: 'published', rows: 2, proof: { verdict: 'proven' } });
    expect((await catalogue.backups.get(id))?.restoring).toMatchObject({ kept: kept?.id, restored: { rows: 200 } });
    expect((await readManifest(deployed.vault, kept?.manifest ?? '')).reason).toBe(`replaced by the restore of ${id}`);
    expect((await catalogue.incidents.list()).items).toEqual([]);
    const unkept = await deployed.execute(await begin({ force: true }), { before: (name) => called.push(name), remaining: { prove: 100 } });
    expect(unkept).toMatchObject({ status: 'FAILED', error: 'OutOfTimeError' });
    expect(called.slice(22)).toEqual(['record', 'restore', 'prove', 'record']);
    const refused = {
      name: 'RefusedError',
      message: expect.stringMatching(/^the database that would be replaced could not be backed up first: .*--no-backup/),
    };
    expect((await catalogue.backups.get(id))?.restoring).toMatchObject({ error: refused });
    expect((await catalogue.runs.list({ database: 'main-replaced' })).items.map(({ status }) => status)).toEqual(['failed', 'succeeded']);

    const stop = new AbortController();
    await deployed.execute(await begin(), { signal: stop.signal, before: (name) => name === 'restore' && stop.abort() });
    expect((await catalogue.backups.get(id))?.restoring).toMatchObject({ endedAt: expect.any(String), error: { name: 'InterruptedError' } });
    const other = { backup: id, manifest: 'main/2026/11/backup_20261122_020000Z.manifest.json', proof: null, to: 'staging', confirmed: 'shop', options: {} };
    await expect(invoke('restore', other)).rejects.toMatchObject({ error: 'RefusedError', message: expect.stringContaining('not of') });
    keep(deployed);
  });

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

  it('watch starts a slot that nothing has started and settles a run that hangs; sweep finishes what was cut off; both are asked for status', async () => {
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
    expect(deployed.said.join('\n')).not.toContain(deployed.password);
    keep(deployed);
  });

  it('every call to AWS is one that is written down for the roles', () => {
    const calls = [...new Set(recorded.map((call) => JSON.stringify(call)))].sort().map((line) => JSON.parse(line) as RecordedCall);
    if (process.env.SAUVEGARDE_RECORD) writeFileSync(recordsFile, `${JSON.stringify(calls, null, 2)}\n`);
    expect(calls, 'SAUVEGARDE_RECORD=1 writes them down anew').toEqual(JSON.parse(readFileSync(recordsFile, 'utf8')));
  });
});
