import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { readWhole, storeDocument } from '../../../core/bytes/stored.ts';
import type { Backup } from '../../../core/catalogue/backups.ts';
import type { Page } from '../../../core/catalogue/page.ts';
import { readManifest } from '../../../core/documents/manifest.ts';
import { writeIdentity } from '../../../core/documents/source-identity.ts';
import { StorageRefusedError } from '../../../core/errors.ts';
import { identityKey } from '../../../core/names.ts';
import { S3Vault } from '../../../core/vault/s3/vault.ts';
import { awsEnvironment, describeAws } from '../../support/aws.ts';
import { newBucket, s3At } from '../../support/buckets.ts';
import { project, sauvegarde } from '../../support/cli.ts';
import { deployWithPostgres, emptyTarget, seeded, serve } from '../../support/deployed-postgres.ts';
import { query } from '../../support/postgres-server.ts';
import { coldStart } from '../../support/programs.ts';
import { recorder } from '../../support/recorded-calls.ts';
import { streamOf } from '../../support/streams.ts';
import { id, keptCalls, never, slot } from './deployed-calls.ts';

const { keep, compare } = keptCalls('orders');

/** Orders of administrators on backups that exist. */
describeAws('the backup workflow on AWS', { timeout: coldStart }, () => {
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
    expect(await invoke('administer', { action: 'accept', database: 'main', backup: old, by })).toMatchObject({ database: 'main' });
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
    const { endpoint, calls } = await recorder('administer', faults);
    const ofSmallCopies = new S3Vault(s3At(endpoint), deployed.bucket, { copySizes: { whole: 0, part: 5 * 1024 * 1024 } });
    const dump = 'main/2026/11/backup_20261122_020000Z.sql.zst';
    await vault.retire(dump);
    faults.fail('UploadPartCopy', { error: 403, code: 'AccessDenied' });
    await expect(ofSmallCopies.bringBack(dump)).rejects.toBeInstanceOf(StorageRefusedError);
    expect(await deployed.unfinished()).toEqual([]);
    await ofSmallCopies.bringBack(dump);
    expect(await deployed.invoke('administer', { action: 'show', backup: id })).toMatchObject({ backup: { id } });
    expect(faults.operations().filter((operation) => operation === 'UploadPartCopy')).toHaveLength(2);
    keep(deployed, calls);
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

    // the emulator copies nothing: the objects are put into the other bucket under their keys, as S3 does
    const endpoint = (await awsEnvironment()).AWS_ENDPOINT_URL ?? '';
    const bucket = await newBucket(s3At(endpoint));
    const replica = new S3Vault(s3At(endpoint), bucket);
    for (const { key } of await vault.list('')) await replica.create(key, streamOf([await readWhole(vault, key)]));
    const folder = project({ local: { copies: [{ s3: { bucket, region: 'eu-west-3', endpoint } }] } });
    const keys = { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' };
    const verified = await sauvegarde(folder, ['verify', id, '--copy', '--json'], { env: keys });
    expect({ ...verified, stdout: JSON.parse(verified.stdout) }).toMatchObject({ status: 0, stdout: { backup: id, verdict: 'proven' } });
    expect((await replica.list('main/')).map(({ key }) => key).filter((key) => key.includes('.proof-'))).toHaveLength(2); // the stack's, and this one

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
    expect(await deployed.execute(execution, { before, remaining: { restore: 1 } })).toMatchObject({ status: 'SUCCEEDED', output: { rows: seeded.rows } });
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
    expect(nobody).toMatchObject({ status: 'FAILED', error: 'UnknownNameError', cause: expect.stringContaining('no table \\"nobody\\"') });
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

  compare();
});
