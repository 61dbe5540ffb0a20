import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { functionNames } from '../../infra/constructs/functions.ts';
import { allows, denies, like, list, type Statement } from '../support/iam.ts';
import type { RecordedCall } from '../support/recorded-calls.ts';
import { buildNames, resolved, roleOf } from '../support/resolved.ts';
import { backedUp, configured, targets, templateOf } from '../support/synthesized.ts';

const template = templateOf(
  configured({
    targets: { staging: { engine: 'postgres', connection: { secret: '<target secret>' }, place: 'private' } },
    databases: {
      main: { engine: 'postgres', connection: { secret: '<secret>' }, place: 'private', backedUpBy: 'arn:aws:rds:eu-west-3:123456789012:db:prod' },
      shop: {
        engine: 'postgres',
        compression: 'none',
        connection: { iam: { host: 'shop.x.eu-west-3.rds.amazonaws.com', user: 'backup', database: 'shop' } },
        place: 'private',
      },
    },
  }),
);
/** Functions, and the builds. */
const programs = [...functionNames, ...buildNames] as const;
const roles = Object.fromEntries(programs.map((name) => [name, roleOf(template, name)]));
const own = (name: string) => roles[name]?.own ?? [];
const actionsOf = (statements: Statement[]) =>
  [...new Set(statements.flatMap(({ Action }) => list(Action)))].filter((action) => !action.startsWith('xray:')).sort();
const backup = 'arn:aws:s3:::<bucket>/main/2026/11/backup_20261122_050000Z.sql.zst';

const policy = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::S3::BucketPolicy');
const bucketPolicy = resolved(template, policy?.Properties.PolicyDocument.Statement) as Statement[];
/** A request over TLS 1.3. */
const asked = (action: string, context: Record<string, string> = {}) => ({
  action,
  resource: backup,
  context: { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3', ...context },
});
const creates = { 's3:ObjectCreationOperation': 'true' };

describe('the vault', () => {
  it.each(programs)('%s may not delete a version, nor does a wildcard let it', (name) => {
    for (const action of [
      's3:DeleteObjectVersion',
      's3:BypassGovernanceRetention',
      's3:PutLifecycleConfiguration',
      's3:PutBucketVersioning',
      's3:PutBucketPolicy',
    ])
      for (const resource of [backup, 'arn:aws:s3:::<bucket>'])
        expect(allows([...own(name), ...(roles[name]?.plumbing ?? [])], { action, resource })).toBe(false);
  });

  it('is closed to the deletion of versions for everybody', () => {
    expect(denies(bucketPolicy, asked('s3:DeleteObjectVersion'))).toBe(true);
    expect(denies(bucketPolicy, asked('s3:BypassGovernanceRetention'))).toBe(true);
    expect(denies(bucketPolicy, asked('s3:DeleteObject'))).toBe(false);
  });

  it.each(programs)('only rotate and sweep may retire: %s', (name) => {
    expect(allows(own(name), { action: 's3:DeleteObject', resource: backup })).toBe(['rotate', 'sweep'].includes(name));
  });

  it('lets nobody write a key twice, and multipart uploads begin', () => {
    expect(denies(bucketPolicy, asked('s3:PutObject', creates))).toBe(true);
    expect(denies(bucketPolicy, asked('s3:PutObject', { ...creates, 's3:if-none-match': '*' }))).toBe(false);
    expect(denies(bucketPolicy, asked('s3:PutObject', { 's3:ObjectCreationOperation': 'false' }))).toBe(false);
  });

  it('is copied inside by nobody, but into the parts of an upload that asks for a free key', () => {
    const copy = { 's3:x-amz-copy-source': '/<bucket>/main/a?versionId=1' };
    expect(denies(bucketPolicy, asked('s3:PutObject', { ...creates, ...copy }))).toBe(true);
    expect(denies(bucketPolicy, asked('s3:PutObject', { ...copy, 's3:ObjectCreationOperation': 'false' }))).toBe(false);
  });

  it('has a policy that names the bucket and no role, so that both can be imported', () => {
    const named = JSON.stringify(policy?.Properties).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"([^"]+)"/g);
    expect([...new Set([...named].map(([, id]) => id))]).toEqual(['Vault']);
  });

  it.each(programs)('takes of %s what it makes, and nothing else: a key under a delete marker is free', (name) => {
    const stem = 'main/2026/11/backup_20261122_050000Z';
    const kinds = {
      dump: `${stem}.sql.zst`,
      scan: `${stem}.2.scan.json`,
      manifest: `${stem}.manifest.json`,
      proof: `${stem}.proof.json`,
      hold: `${stem}.hold-000001.json`,
      'later proof': `${stem}.proof-20261201_093000Z.json`,
      head: 'audit-heads/2026/11/head_20261122_050000Z.json',
      owner: 'vault-owners/000001.json',
      guide: 'HOW-TO-RESTORE.md',
    };
    const puts = Object.entries(kinds).filter(([, key]) => allows(own(name), { action: 's3:PutObject', resource: `arn:aws:s3:::<bucket>/${key}` }));
    const made: Record<string, string[]> = {
      dump: ['dump', 'scan'],
      build: ['dump', 'scan'],
      publish: ['manifest', 'proof', 'guide'],
      watch: ['head'],
      sweep: ['hold', 'guide'],
      record: ['later proof'],
      administer: Object.keys(kinds),
    };
    expect(puts.map(([kind]) => kind)).toEqual(made[name] ?? []);
  });

  it('answers over TLS 1.2 or newer only', () => {
    expect(denies(bucketPolicy, asked('s3:GetObject', { 'aws:SecureTransport': 'false' }))).toBe(true);
    expect(denies(bucketPolicy, asked('s3:GetObject', { 's3:TlsVersion': '1.1' }))).toBe(true);
    expect(denies(bucketPolicy, asked('s3:GetObject'))).toBe(false);
  });
});

it.each(['prove', 'proofBuild'])('%s may read the vault and nothing else', (name) => expect(actionsOf(own(name))).toEqual(['s3:GetObject', 's3:ListBucket']));

it('start and watch may start the workflow, and nobody else', () => {
  const starting = programs.filter((name) => allows(own(name), { action: 'states:StartExecution', resource: '<workflow>' }));
  expect(starting.sort()).toEqual(['start', 'watch']);
});

it('start alone may start a proof on demand', () => {
  expect(programs.filter((name) => allows(own(name), { action: 'states:StartExecution', resource: '<verify workflow>' }))).toEqual(['start']);
});

it('start alone may start a restore', () => {
  expect(programs.filter((name) => allows(own(name), { action: 'states:StartExecution', resource: '<restore workflow>' }))).toEqual(['start']);
});

it.each(['restore', 'restoreBuild'])(
  '%s may read the backups of its targets’ engines and the targets’ secrets; the function adds dumps of what it replaces',
  (name) => {
    const adding = ['s3:AbortMultipartUpload', 's3:PutObject'];
    expect(actionsOf(own(name)).filter((action) => !adding.includes(action))).toEqual([
      'kms:Decrypt',
      's3:GetObject',
      's3:ListBucket',
      'secretsmanager:GetSecretValue',
    ]);
    expect(actionsOf(own(name)).filter((action) => adding.includes(action))).toEqual(name === 'restore' ? adding : []);
    const may = (action: string, resource: string) => allows(own(name), { action, resource });
    expect(['main/2026/a', 'shop/2026/a', 'maintenance/2026/a', 'vault-owners/1'].map((key) => may('s3:GetObject', `arn:aws:s3:::<bucket>/${key}`))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const stem = '2026/11/manual_backup_20261122_050000Z';
    const added = [`main-replaced/${stem}.sql.zst`, `main-replaced/${stem}.scan.json`, `main-replaced/${stem}.manifest.json`, `main/${stem}.sql.zst`];
    expect(added.map((key) => may('s3:PutObject', `arn:aws:s3:::<bucket>/${key}`))).toEqual([name === 'restore', name === 'restore', false, false]);
    expect(may('s3:GetObject', `arn:aws:s3:::<bucket>/main-replaced/${stem}.sql.zst`)).toBe(true);
    const secret = 'arn:aws:secretsmanager:eu-west-3:123456789012:secret:';
    const readers = programs.filter((name) => allows(own(name), { action: 'secretsmanager:GetSecretValue', resource: `${secret}<target secret>-AbCdEf` }));
    expect(readers).toEqual(['restore', 'restoreBuild']);
    expect(may('secretsmanager:GetSecretValue', `${secret}<secret>-AbCdEf`)).toBe(false);
  },
);

it('validate may call those who dump and tell AWS Backup a result, and nobody else may', () => {
  const who = (action: string, resource: string) => programs.filter((name) => allows(own(name), { action, resource }));
  for (const action of ['backup:DescribeRestoreJob', 'backup:PutRestoreValidationResult']) expect(who(action, '*')).toEqual(['validate']);
  expect(who('backup:StartRestoreJob', '*')).toEqual([]);
  expect(who('rds:DescribeDBInstances', 'arn:aws:rds:eu-west-3:123456789012:db:awsbackup-restore-test-1')).toEqual(['validate']);
  expect(who('lambda:InvokeFunction', 'arn:aws:lambda:eu-west-3:123456789012:function:dump')).toEqual(['validate']);
  expect(allows(own('validate'), { action: 'lambda:InvokeFunction', resource: 'arn:aws:lambda:eu-west-3:123456789012:function:rotate' })).toBe(false);
});

it('watch alone may ask how an execution of the workflow ended, or of restores, which back up what they replace; of no other', () => {
  const asked = (workflow: string) => ({
    action: 'states:DescribeExecution',
    resource: `arn:aws:states:eu-west-3:123456789012:execution:${workflow}:main-20261122_020000Z`,
  });
  expect(programs.filter((name) => allows(own(name), asked('<workflow>')))).toEqual(['watch']);
  expect(programs.filter((name) => allows(own(name), asked('<restore workflow>')))).toEqual(['watch']);
  expect(allows(own('watch'), asked('other'))).toBe(false);
});

it('console may call three functions and read the key of its sessions; neither the vault nor the catalogue', () => {
  expect(actionsOf(own('console'))).toEqual(['lambda:InvokeFunction', 'secretsmanager:GetSecretValue']);
  const called = programs.filter((name) =>
    allows(own('console'), { action: 'lambda:InvokeFunction', resource: `arn:aws:lambda:eu-west-3:123456789012:function:${name}` }),
  );
  expect(called).toEqual(['start', 'sign', 'administer']);
});

it('start may start workflows and nothing else', () => expect(actionsOf(own('start'))).toEqual(['states:StartExecution']));

it('those who dump alone may read the configured secrets, no others, and connect as the configured user', () => {
  const dumping = ['dump', 'build'];
  const secret = 'arn:aws:secretsmanager:eu-west-3:123456789012:secret:';
  for (const name of programs) {
    expect(allows(own(name), { action: 'secretsmanager:GetSecretValue', resource: `${secret}<secret>-AbCdEf` })).toBe(dumping.includes(name));
    expect(allows(own(name), { action: 'rds-db:connect', resource: 'arn:aws:rds-db:eu-west-3:123456789012:dbuser:cluster-X/backup' })).toBe(
      dumping.includes(name),
    );
  }
  expect(allows(own('dump'), { action: 'secretsmanager:GetSecretValue', resource: `${secret}<secret>-other-AbCdEf` })).toBe(false);
  expect(allows(own('dump'), { action: 'rds-db:connect', resource: 'arn:aws:rds-db:eu-west-3:123456789012:dbuser:cluster-X/admin' })).toBe(false);
});

it('those who tell people may read the addresses of webhooks, the databases’ own secrets stay with those who dump', () => {
  const elsewhere = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/beat-AbCdEf';
  const telling = templateOf(
    configured({
      targets,
      databases: backedUp,
      notify: [{ slack: { secret: 'prod/slack' } }, { webhook: { secret: 'prod/hook' }, key: { secret: 'prod/key' } }],
      heartbeat: { secret: elsewhere },
    }),
  );
  const reads = (name: string, secret: string) =>
    allows(roleOf(telling, name).own, {
      action: 'secretsmanager:GetSecretValue',
      resource: `arn:aws:secretsmanager:eu-west-3:123456789012:secret:${secret}-AbCdEf`,
    });
  for (const name of functionNames) {
    const tells = ['open', 'publish', 'rotate', 'settle', 'record', 'watch', 'sweep', 'validate'].includes(name);
    for (const secret of ['prod/slack', 'prod/hook', 'prod/key']) expect([name, reads(name, secret)]).toEqual([name, tells]);
    expect([name, reads(name, 'prod/main')]).toEqual([name, name === 'dump']);
    const decrypts = (region: string, SecretARN: string) =>
      allows(roleOf(telling, name).own, {
        action: 'kms:Decrypt',
        resource: 'arn:aws:kms:us-east-1:123456789012:key/1',
        context: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com`, 'kms:EncryptionContext:SecretARN': SecretARN },
      });
    expect([name, decrypts('us-east-1', elsewhere)]).toEqual([name, tells]);
    expect([name, decrypts('eu-west-3', elsewhere)]).toEqual([name, false]);
  }
});

it.each(['dump', 'build'])('%s writes records of runs, and no other', (name) => {
  const put = (pk: string) =>
    allows(own(name), {
      action: 'dynamodb:PutItem',
      resource: 'arn:aws:dynamodb:eu-west-3:123456789012:table/<table>',
      context: { 'dynamodb:LeadingKeys': pk },
    });
  expect(['run#main', 'backup#main', 'lease#main', 'incident#main', 'databases', 'running'].filter(put)).toEqual(['run#main']);
});

it('nobody has a right to update or delete what the audit log says', () => {
  for (const name of programs)
    for (const action of ['dynamodb:DeleteItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteTable', 'dynamodb:BatchWriteItem'])
      expect(allows(own(name), { action, resource: 'arn:aws:dynamodb:eu-west-3:123456789012:table/<audit table>' })).toBe(false);
});

it('mail goes out under the configured sender only', () => {
  const mail = { action: 'ses:SendRawEmail', resource: 'arn:aws:ses:eu-west-3:123456789012:identity/x' };
  expect(allows(own('settle'), { ...mail, context: { 'ses:FromAddress': 'sauvegarde@example.org' } })).toBe(true);
  expect(allows(own('settle'), { ...mail, context: { 'ses:FromAddress': 'boss@example.org' } })).toBe(false);
});

/** Written by the end-to-end tests of the functions, each file its own. */
const recording = new URL('../functions/recorded-calls/', import.meta.url);

describe('what the functions were seen to call', () => {
  const files = readdirSync(recording).sort();
  const recorded = files.flatMap((name) => JSON.parse(readFileSync(new URL(name, recording), 'utf8')) as RecordedCall[]);

  it('is what the end-to-end tests compare with what they see, and nothing else', () => {
    const tests = new URL('../functions/end-to-end/', import.meta.url);
    const parts = readdirSync(tests).flatMap((name) => {
      const text = readFileSync(new URL(name, tests), 'utf8');
      const [, part] = /^const \{ keep, compare \} = keptCalls\('([\w-]+)'\);$/m.exec(text) ?? [];
      return part !== undefined && /^ {2}compare\(\);\n\}\);$/m.test(text) ? [part] : [];
    });
    expect(parts.map((part) => `${part}.json`).sort()).toEqual(files);
  });

  const calls = recorded.map((call) => ({
    ...call,
    // Secrets Manager adds six characters to a name
    resource: call.resource.endsWith('secret>') ? `${call.resource}-AbCdEf` : call.resource,
    context: {
      'ses:FromAddress': 'sauvegarde@example.org',
      'sns:Protocol': 'email',
      'sns:Endpoint': 'admin@example.org',
      ...(call.record !== undefined && { 'dynamodb:LeadingKeys': call.record }),
    },
  }));
  /** Rights that no call shows, and why they are there: of all functions, or of one. */
  const unseen: Record<string, string> = {
    's3:ListBucket': 'without it S3 calls what is missing forbidden',
    'dynamodb:ConditionCheckItem': 'for an incident that another function ended a moment before',
    'record dynamodb:DeleteItem': 'ends an incident',
    'restore s3:GetObject': 'for the backups of each database of its targets’ engines; a test above says which',
    'restoreBuild s3:GetObject': 'as restore',
    'restore s3:AbortMultipartUpload': 'for the dump of what it replaces, if that is cut off',
    'record s3:GetObject': 'for the manifest and the scan of the backup',
    'settle s3:GetObject': 'for a manifest that is there after all',
    'sign dynamodb:Query': "a database's name stands for its newest backup",
    'watch sns:Publish': 'smoke sends a test; and tells those whose alarms are confirmed that mail is not',
    'watch ses:GetSendStatistics': 'smoke asks for the mails that came back',
    'watch ses:GetSuppressedDestination': 'smoke asks for recipients whom SES sends nothing any more',
    'watch sns:Subscribe': 'asks again for a confirmation',
    'watch ses:VerifyEmailIdentity': 'asks again for a confirmation',
    'sweep s3:GetObject': 'for the manifest of a backup that the catalogue does not know',
    'sweep s3:PutObject': 'for a hold from before holds lay in the vault',
    'sweep s3:ListMultipartUploadParts': 'for an upload that was begun and not completed',
    'sweep s3:AbortMultipartUpload': 'for an upload that nobody has gone on with for a day',
    'sweep ses:SendRawEmail': 'tells that a backup has gone, or that the clean-up failed',
    'xray:PutTraceSegments': "Lambda's own traces",
    'xray:PutTelemetryRecords': "Lambda's own traces",
    'kms:Decrypt': 'asked for by Secrets Manager, for a secret with a key of its own',
    'rds-db:connect': 'asked for by RDS when a token is shown to it',
  };

  it.each(programs)('is allowed to %s', (name) => {
    const refused = calls.filter((call) => call.function === name && !allows(own(name), call));
    expect(refused).toEqual([]);
  });

  // all that the console may do stands in a test of its own: its calls go to the other functions
  const silent = programs.filter((name) => name !== 'console' && !calls.some((call) => call.function === name));
  if (silent.length > 0) console.warn(`no call was recorded of ${silent.join(', ')}: that their roles allow nothing more is NOT checked`);

  /** Rights that are given alike for each database and each workflow, of which one was seen. */
  const seenAlike = (resource: string) => resource.replace('/shop-replaced/', '/main-replaced/').replace('<restore workflow>', '<workflow>');

  it.each(programs.filter((name) => name !== 'console' && !silent.includes(name)))('is all that is allowed to %s', (name) => {
    const unused = own(name).flatMap((statement) =>
      list(statement.Action).flatMap((action) =>
        list(statement.Resource)
          .filter(
            (resource) =>
              !(action in unseen) &&
              !(`${name} ${action}` in unseen) &&
              !calls.some((call) => call.function === name && call.action === action && like(seenAlike(resource), call.resource)),
          )
          .map((resource) => `${action} on ${resource}`),
      ),
    );
    expect(unused).toEqual([]);
  });
});
