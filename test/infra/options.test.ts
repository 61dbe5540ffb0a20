import { describe, expect, it } from 'vitest';
import { newKey } from '../../core/encryption/age-keys.ts';
import { allows } from '../support/iam.ts';
import { functionsOf, resolved, roleOf } from '../support/resolved.ts';
import { backedUp, configured, type Resource, stackOf, templateOf } from '../support/synthesized.ts';

const key = 'arn:aws:kms:eu-west-3:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
const template = templateOf(
  configured({
    databases: backedUp,
    aws: { key, architecture: 'x64', logDays: 30, permissionsBoundary: 'developers-boundary', tags: { team: 'data', 'cost-centre': '42' } },
  }),
);
const ofType = (type: string) =>
  Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => [id, resolved(template, Properties) as Resource['Properties']] as const);
const each = (type: string) => {
  const found = ofType(type);
  expect(found.length, type).toBeGreaterThan(0);
  return found.map(([, properties]) => properties);
};

describe('aws.architecture', () => {
  it('is that of every function, layer and build', () => {
    for (const { Architectures } of each('AWS::Lambda::Function')) expect(Architectures).toEqual(['x86_64']);
    for (const { CompatibleArchitectures } of each('AWS::Lambda::LayerVersion')) expect(CompatibleArchitectures).toEqual(['x86_64']);
    for (const { Environment } of each('AWS::CodeBuild::Project'))
      expect(Environment).toMatchObject({ Type: 'LINUX_CONTAINER', Image: 'aws/codebuild/amazonlinux-x86_64-standard:6.0' });
  });
});

describe('aws.logDays', () => {
  it('holds for every log group', () => {
    expect(new Set(each('AWS::Logs::LogGroup').map(({ RetentionInDays }) => RetentionInDays))).toEqual(new Set([30]));
  });
});

describe('aws.permissionsBoundary', () => {
  it('bounds every role', () => {
    const bounds = each('AWS::IAM::Role').map(({ PermissionsBoundary }) => PermissionsBoundary);
    expect(new Set(bounds)).toEqual(new Set(['arn:aws:iam::123456789012:policy/developers-boundary']));
  });

  it('may be an ARN', () => {
    const arn = 'arn:aws:iam::123456789012:policy/teams/boundary';
    const roles = Object.values(templateOf(configured({ aws: { permissionsBoundary: arn } })).Resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
    expect(new Set(roles.map(({ Properties }) => Properties.PermissionsBoundary))).toEqual(new Set([arn]));
  });
});

describe('encryption', () => {
  const encryption = { recipients: [newKey().recipient], identity: { secret: 'prod/age' } };
  const encrypted = templateOf(configured({ encryption, databases: backedUp }));
  const environmentOf = (of: unknown) => JSON.stringify((of as { Environment?: unknown } | undefined)?.Environment ?? {});

  it('gives its secret key to proofs alone, which can reach no store of secrets, and never in the template', () => {
    const given = Object.entries(encrypted.Resources).filter(([, { Properties }]) => environmentOf(Properties).includes('SAUVEGARDE_IDENTITY'));
    expect(given.map(([id]) => id.replace(/^Functions/, '').replace(/[0-9A-F]{8}$/, '')).sort()).toEqual(['proofBuildProject', 'proveFunction']);
    for (const [, { Properties }] of given) expect(environmentOf(Properties)).toContain('{{resolve:secretsmanager:prod/age:SecretString');
  });

  it('lets administer, record, validate and watch read it, and dump write encrypted files alone', () => {
    const policies = Object.entries(encrypted.Resources).filter(([, { Type }]) => Type === 'AWS::IAM::Policy');
    const holding = (text: string) => policies.filter(([, { Properties }]) => JSON.stringify(Properties).includes(text)).map(([id]) => id);
    const readers = holding('secret:prod/age-??????');
    expect(readers.map((id) => /administer|record|validate|watch/.exec(id)?.[0] ?? id).sort()).toEqual(['administer', 'record', 'validate', 'watch']);
    expect(holding('/*.sql.zst.age').length).toBeGreaterThan(0);
    expect(holding('/*.sql.zst"')).toEqual([]);
  });
});

describe('aws.tags', () => {
  it.each([
    'AWS::S3::Bucket',
    'AWS::DynamoDB::Table',
    'AWS::Lambda::Function',
    'AWS::IAM::Role',
    'AWS::CodeBuild::Project',
    'AWS::StepFunctions::StateMachine',
    'AWS::EC2::VPC',
  ])('are on every %s', (type) => {
    for (const { Tags } of each(type))
      expect(Tags).toEqual(
        expect.arrayContaining([
          { Key: 'team', Value: 'data' },
          { Key: 'cost-centre', Value: '42' },
        ]),
      );
  });

  it('are on the stack itself', () => {
    const { app, stack } = stackOf(configured({ aws: { tags: { team: 'data' } } }));
    expect(app.synth().getStackByName(stack.stackName).tags).toEqual({ team: 'data' });
  });

  it('are not on the dashboard, which CloudFormation may refuse with them', () => {
    for (const properties of each('AWS::CloudWatch::Dashboard')) expect(properties).not.toHaveProperty('Tags');
  });
});

describe('aws.key', () => {
  const own = (name: string) => [...roleOf(template, name).own, ...roleOf(template, name).plumbing];
  const may = (name: string, action: string, service?: string) =>
    allows(own(name), { action, resource: key, context: service === undefined ? {} : { 'kms:ViaService': `${service}.eu-west-3.amazonaws.com` } });
  const programs = [...functionsOf(template).map(({ name }) => name), 'build', 'proofBuild']; // no target is declared

  it('encrypts the vault, the tables, the queue, the topic of alarms and the logs', () => {
    expect(each('AWS::S3::Bucket')[0].BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
      { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } },
    ]);
    for (const { SSESpecification } of each('AWS::DynamoDB::Table'))
      expect(SSESpecification).toEqual({ SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key });
    for (const { KmsMasterKeyId } of [...each('AWS::SQS::Queue'), ...each('AWS::SNS::Topic')]) expect(KmsMasterKeyId).toBe(key);
    for (const { KmsKeyId } of each('AWS::Logs::LogGroup')) expect(KmsKeyId).toBe(key);
  });

  it.each(programs)('is used by %s through the services that it uses, and not by itself', (name) => {
    const can = (action: string, resource: string) => allows(own(name), { action, resource });
    const backup = 'arn:aws:s3:::<bucket>/main/2026/11/backup_20261122_050000Z.sql.zst';
    const head = 'arn:aws:s3:::<bucket>/audit-heads/2026/11/head_20261122_050000Z.json';
    const written = [
      backup,
      head,
      ...['.manifest.json', '.hold-000001.json', '.proof-20261201_093000Z.json'].map((ending) => backup.replace('.sql.zst', ending)),
    ];
    const table = 'arn:aws:dynamodb:eu-west-3:123456789012:table/<table>';
    expect([name, may(name, 'kms:Decrypt', 's3')]).toEqual([name, can('s3:GetObject', backup)]);
    expect([name, may(name, 'kms:GenerateDataKey', 's3')]).toEqual([name, written.some((object) => can('s3:PutObject', object))]);
    expect([name, may(name, 'kms:Decrypt', 'dynamodb')]).toEqual([name, can('dynamodb:GetItem', table)]);
    expect([name, may(name, 'kms:Encrypt', 'dynamodb')]).toEqual([name, can('dynamodb:PutItem', table) || can('dynamodb:GetItem', table)]);
    expect([name, may(name, 'kms:GenerateDataKey', 'sqs')]).toEqual([name, JSON.stringify(own(name)).includes('sqs:SendMessage')]);
    for (const action of ['kms:Decrypt', 'kms:GenerateDataKey']) expect(may(name, action)).toBe(false);
  });

  it('opens no way out of the network of proofs', () => {
    expect(JSON.stringify(each('AWS::EC2::VPCEndpoint').map(({ PolicyDocument }) => PolicyDocument ?? null))).not.toContain('kms:');
  });
});

it('without these options nothing of them is in the template', () => {
  const plain = JSON.stringify(templateOf(configured()));
  for (const word of ['PermissionsBoundary', 'KmsKeyId', 'KMSMasterKey', 'KmsMasterKeyId', 'x86_64', '"Tags":[{"Key":"team"'])
    expect(plain).not.toContain(word);
});
