import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, describe, expect, it } from 'vitest';
import { CopyStack } from '../../infra/copy-stack.ts';
import { allows, denies, type Statement } from '../support/iam.ts';
import { resolved } from '../support/resolved.ts';
import { configured, type Template, templateOf } from '../support/synthesized.ts';

const outdir = mkdtempSync(join(tmpdir(), 'copy-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const copy = { account: '210987654321', region: 'eu-central-1', bucket: 'copies-of-backups', from: '123456789012' };
const there = 'arn:aws:s3:::copies-of-backups/main/2026/11/backup_20261122_050000Z.sql.zst';
const here = 'arn:aws:s3:::<bucket>/main/2026/11/backup_20261122_050000Z.sql.zst';
const key = 'arn:aws:kms:eu-west-3:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
const keyThere = 'arn:aws:kms:eu-central-1:210987654321:key/01234567-89ab-cdef-0123-456789abcdef';

const roleOf = (template: Template) => {
  const [role = ''] = Object.keys(template.Resources).filter((id) => /^BackupsReplication[0-9A-F]{8}$/.test(id));
  const policies = Object.values(template.Resources).filter(
    ({ Type, Properties }) => Type === 'AWS::IAM::Policy' && Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role),
  );
  return policies.flatMap(({ Properties }) => resolved(template, Properties.PolicyDocument.Statement) as Statement[]);
};
const bucketOf = (changes: object = {}): Template => {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new CopyStack(app, 'copy', { copy: { ...copy, ...changes } });
  return app.synth().getStackByName(stack.stackName).template as Template;
};
const only = ({ Resources }: Template, type: string) => Object.values(Resources).find(({ Type }) => Type === type);

describe('a vault with a copy out of reach', () => {
  const template = templateOf(configured({ aws: { copy } }));

  it('has every object copied, as the property of the other account, and no deletion follows it', () => {
    expect(template.Resources.Vault?.Properties.ReplicationConfiguration.Rules).toEqual([
      {
        Id: 'out-of-reach',
        Priority: 1,
        Status: 'Enabled',
        Filter: { Prefix: '' },
        DeleteMarkerReplication: { Status: 'Disabled' },
        Destination: {
          Bucket: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::copies-of-backups']] },
          Account: '210987654321',
          AccessControlTranslation: { Owner: 'Destination' },
          Metrics: { Status: 'Enabled' },
        },
      },
    ]);
    const may = (action: string, resource: string) => allows(roleOf(template), { action, resource });
    expect([may('s3:GetObjectVersionForReplication', here), may('s3:ReplicateObject', there)]).toEqual([true, true]);
    for (const action of ['s3:ReplicateDelete', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObject', 's3:GetObject']) {
      expect(may(action, there), action).toBe(false);
      expect(may(action, here), action).toBe(false);
    }
  });

  it('with a key is decrypted here and encrypted with a key there, each through S3 alone', () => {
    const encrypted = templateOf(configured({ aws: { copy: { ...copy, key: keyThere }, key } }));
    const [rule] = encrypted.Resources.Vault?.Properties.ReplicationConfiguration?.Rules ?? [];
    expect(rule.SourceSelectionCriteria).toEqual({ SseKmsEncryptedObjects: { Status: 'Enabled' } });
    expect(rule.Destination.EncryptionConfiguration).toEqual({ ReplicaKmsKeyID: keyThere });
    const may = (action: string, resource: string, via: string) =>
      allows(roleOf(encrypted), { action, resource, context: { 'kms:ViaService': `s3.${via}.amazonaws.com` } });
    expect([may('kms:Decrypt', key, 'eu-west-3'), may('kms:Encrypt', keyThere, 'eu-central-1'), may('kms:Encrypt', keyThere, 'eu-west-3')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(() => templateOf(configured({ aws: { copy, key } }))).toThrow('aws.copy.key: a key encrypts the vault, and S3 needs one for the copy');
    expect(() => templateOf(configured({ aws: { copy: { ...copy, key: keyThere } } }))).toThrow('write aws.key too, or leave it out');
  });
});

describe('the bucket of copies', () => {
  const template = bucketOf();
  const policy = resolved(template, only(template, 'AWS::S3::BucketPolicy')?.Properties.PolicyDocument.Statement) as Statement[];
  const object = `<${Object.keys(template.Resources).find((id) => id.startsWith('Copies'))}>/a`;
  const asked = (action: string) => ({
    action,
    resource: object,
    context: { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3', 'aws:PrincipalAccount': copy.from },
  });

  it('takes copies of the one account, and nothing else from there', () => {
    expect(denies(policy, asked('s3:ReplicateObject'))).toBe(false);
    expect(allows(policy, asked('s3:ReplicateObject'))).toBe(true);
    for (const action of ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:ReplicateDelete', 's3:PutObject']) expect(denies(policy, asked(action))).toBe(true);
    expect((policy as (Statement & { Sid?: string; Principal: unknown })[]).find(({ Sid }) => Sid === 'TheVaultAddsCopies')?.Principal).toEqual({
      AWS: 'arn:aws:iam::123456789012:root',
    });
  });

  it('keeps versions and stays when its stack goes; nothing in it expires', () => {
    const bucket = only(template, 'AWS::S3::Bucket');
    expect(bucket).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    expect(bucket?.Properties).toMatchObject({ BucketName: copy.bucket, VersioningConfiguration: { Status: 'Enabled' } });
    expect(bucket?.Properties.LifecycleConfiguration).toBeUndefined();
    expect(bucket?.Properties.ObjectLockEnabled).toBeUndefined();
  });

  it('locks copies so that nobody can delete them, if that is asked for', () => {
    expect(only(bucketOf({ lockDays: 90 }), 'AWS::S3::Bucket')?.Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 90 } } },
    });
  });
});
