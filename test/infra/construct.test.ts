import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Fn, Stack, Token } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Sauvegarde, type SauvegardeProps } from 'sauvegarde';
import { afterAll, describe, expect, it } from 'vitest';
import { configIn } from '../../functions/config.ts';
import { DeployedValues } from '../../infra/constructs/deployed-values.ts';
import { newApp } from '../../infra/new-app.ts';
import { type Resource, standInCode, type Template } from '../support/synthesized.ts';
import { shop } from './foreign-app/app.ts';

const outdir = mkdtempSync(join(tmpdir(), 'foreign-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));
const assets = standInCode();

const app = new App({ outdir, analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } });
shop(app, assets);
const { messages, template: made } = app.synth().getStackByName('shop');
const template = made as Template;
const ids = (type: string, before = '') =>
  Object.entries(template.Resources)
    .filter(([id, { Type }]) => Type === type && id.startsWith(before))
    .map(([id]) => id);
const one = (type: string, before: string): Resource => {
  const [id = '', ...others] = ids(type, before);
  expect(others, before).toEqual([]);
  return template.Resources[id] as Resource;
};
const variablesOf = (before: string) => one('AWS::Lambda::Function', before).Properties.Environment.Variables;
/** Text of an intrinsic function that joins texts and references. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

describe("in somebody's own app", () => {
  it('says nothing at synth', () => {
    expect(messages.filter(({ level }) => level !== 'info').map(({ entry }) => entry.data)).toEqual([]);
  });

  it('there can be two in one stack, each with what holds its state, and outputs of its own', () => {
    const ownersOf = (type: string) => ids(type).map((id) => /^(Backups|Second)/.exec(id)?.[1]);
    expect(ownersOf('AWS::S3::Bucket')).toEqual(['Backups', 'Second']);
    for (const type of ['AWS::DynamoDB::Table', 'AWS::StepFunctions::StateMachine']) expect(ownersOf(type)).toEqual(['Backups', 'Backups', 'Second', 'Second']);
    const outputs = Object.keys(template.Outputs);
    expect(outputs).toEqual(expect.arrayContaining(['BackupsStartFunction', 'BackupsDumpFunction3', 'BackupsConsole', 'SecondStartFunction', 'SecondBucket']));
    expect(outputs).not.toContain('SecondDumpFunction2');
    expect(textOf(variablesOf('BackupsPagesconsoleFunction').SAUVEGARDE_STACK)).toBe('shop/Backups');
  });

  it('each database is dumped by a function in its own VPC, whose group its own group admits', () => {
    const inVpc = (before: string) => one('AWS::Lambda::Function', before).Properties.VpcConfig;
    expect(textOf(inVpc('BackupsFunctionsdumpFunction'))).toMatch(/BackupsDumpsInVpc.*VpcPrivateSubnet1/);
    expect(textOf(inVpc('BackupsFunctionsdumpOtherFunction'))).toMatch(/BackupsDumpsInOther.*OtherPrivateSubnet1/);
    expect(ids('AWS::Lambda::Function', 'BackupsFunctionsdump')).toHaveLength(4);
    const admitted = ids('AWS::EC2::SecurityGroupIngress').map((id) => template.Resources[id]?.Properties);
    expect(admitted.map(({ GroupId, SourceSecurityGroupId }) => [GroupId, SourceSecurityGroupId].map((each) => each['Fn::GetAtt'][0].slice(0, -8)))).toEqual([
      ['MainSecurityGroup', 'BackupsDumpsInVpc'],
      ['MainSecurityGroup', 'SecondDumpsInVpc'],
      ['OrdersSecurityGroup', 'BackupsDumpsInOther'],
      ['NotesEfsSecurityGroup', 'BackupsDumpsInVpc2'],
    ]);
  });

  it('a file on EFS is read by a function of its own, once the file system can be mounted, and by its access point alone', () => {
    const { DependsOn, Properties } = one('AWS::Lambda::Function', 'BackupsFunctionsdumpVpc2Function');
    expect(textOf(Properties.FileSystemConfigs)).toMatch(/access-point\/.*"Ref":"NotesReading\w+".*\/mnt\/efs/);
    expect(DependsOn?.join()).toMatch(/NotesEfsMountTarget1.*NotesEfsMountTarget2/);
    const [policy = ''] = ids('AWS::IAM::Policy', 'BackupsFunctionsdumpVpc2Role').map((id) => textOf(template.Resources[id]?.Properties));
    expect(policy).toMatch(
      /"Action":"elasticfilesystem:ClientMount","Condition":\{"StringEquals":\{"elasticfilesystem:AccessPointArn":.*NotesReading.*"Resource":\{"Fn::GetAtt":\["Notes\w+","Arn"\]/,
    );
    expect(ids('AWS::EC2::SecurityGroupIngress', 'Notes').map((id) => template.Resources[id]?.Properties.FromPort)).toEqual([2049]);
  });

  it('the workflow looks up what dumps by the place of the run', () => {
    const { DefinitionSubstitutions: of } = one('AWS::StepFunctions::StateMachine', 'BackupsFunctionsWorkflow').Properties;
    expect(textOf(of.dump)).toMatch(/\{% \$lookup\(\{'Vpc': '.*dumpFunction.*', 'Other': '.*dumpOtherFunction.*', '-': '.*\}, \$place\) %\}/);
    expect(textOf(of.build)).toMatch(/\$lookup\(\{'Vpc': '.*buildProject.*', 'Other': '.*buildOtherProject/);
    expect(textOf(one('AWS::StepFunctions::StateMachine', 'SecondFunctionsWorkflow').Properties.DefinitionSubstitutions.dump)).toMatch(
      /^\{"Ref":"SecondFunctionsdump/,
    );
  });

  it('a function gets the values of its own databases alone, and reads its own secrets alone', () => {
    const values = (before: string) => textOf(variablesOf(before).SAUVEGARDE_VALUES);
    expect(values('BackupsFunctionsdumpFunction')).toMatch(/Main/);
    expect(values('BackupsFunctionsdumpFunction')).not.toMatch(/Orders|Reporting|Heartbeat/);
    expect(values('BackupsFunctionsdumpOtherFunction')).toMatch(/Orders.*Endpoint/);
    expect(values('BackupsFunctionssettleFunction')).toMatch(/Heartbeat/);
    expect(values('BackupsFunctionssettleFunction')).not.toMatch(/Main|Orders/);
    expect(variablesOf('BackupsFunctionsproveFunction').SAUVEGARDE_VALUES).toBeUndefined();
    const secretsOf = (before: string) => ids('AWS::IAM::Policy', before).map((id) => textOf(template.Resources[id]?.Properties));
    const [own = ''] = secretsOf('BackupsFunctionsdumpOtherRole');
    expect(own).toMatch(/secretsmanager:GetSecretValue.*OrdersSecretAttachment/);
    expect(own).not.toMatch(/MainSecret|Reporting/);
  });

  it("its own key encrypts the vault, and another's architecture and tags are its own", () => {
    expect(textOf(one('AWS::S3::Bucket', 'Backups').Properties.BucketEncryption)).toContain('"KMSMasterKeyID":{"Fn::GetAtt":["Key');
    expect(one('AWS::Lambda::Function', 'SecondFunctionsstart').Properties.Architectures).toEqual(['x86_64']);
    expect(one('AWS::Lambda::Function', 'BackupsFunctionsstart').Properties.Architectures).toEqual(['arm64']);
    const tagged = ids('AWS::Lambda::Function').filter((id) => JSON.stringify(template.Resources[id]?.Properties.Tags ?? []).includes('"team"'));
    expect(tagged).toEqual(ids('AWS::Lambda::Function', 'Second'));
  });
});

describe('values that only the deployment knows', () => {
  it('are read from the environment: texts, parts of texts and numbers; others stay as they are', () => {
    const stack = new Stack();
    const values = new DeployedValues(stack);
    const group = new SecurityGroup(stack, 'Group', { vpc: new Vpc(stack, 'Vpc') });
    const port = Token.asNumber(Fn.importValue('port'));
    const secret = values.secret(new Secret(stack, 'Secret'));
    const connection = { secret, host: values.text(group.securityGroupId), port: values.number(port), database: values.text('plain') };
    const { SAUVEGARDE_VALUES: given } = values.neededBy(connection, 'databases');
    expect(JSON.stringify(stack.resolve(given))).toMatch(/secretsmanager.*Secret.*GroupId.*port/);
    const known = JSON.stringify({ 0: 'arn:aws:secretsmanager:eu-west-3:123456789012:secret:', 1: 'Secret-a1b2c3', 2: 'sg-1', 3: '5432' });
    const { databases } = configIn(JSON.stringify({ databases: { a: connection, b: { port: '{{#4}}', host: '{{5}}' } } }), known);
    expect(databases.a).toEqual({ secret: 'arn:aws:secretsmanager:eu-west-3:123456789012:secret:Secret-a1b2c3', host: 'sg-1', port: 5432, database: 'plain' });
    expect(databases.b).toEqual({ port: '{{#4}}', host: '{{5}}' });
    expect(configIn('{"port":"{{#4}}"}', '{"4":"5433"}')).toEqual({ port: 5433 });
  });
});

describe('a mistake', () => {
  const mistakes = (databases: (stack: Stack) => SauvegardeProps['databases']) => {
    const stack = new Stack(newApp({ outdir }), 'wrong');
    return () => new Sauvegarde(stack, 'Backups', { administrators: ['a@example.org'], sender: 's@example.org', databases: databases(stack), assets });
  };
  const secret = (stack: Stack, name = 'Secret') => Secret.fromSecretNameV2(stack, name, 'prod/main');

  it.each<[string, (stack: Stack) => SauvegardeProps['databases'], string]>([
    ['no engine', (stack) => ({ main: { secret: secret(stack) } }), "databases.main.engine: nothing says which it is; write engine: 'postgres' or 'mysql'"],
    ['nobody to connect as', () => ({ main: { engine: 'postgres', host: 'h' } }), 'databases.main: nobody was named who may read it; give secret, or iamUser'],
    ['two to connect as', (stack) => ({ main: { engine: 'postgres', secret: secret(stack), iamUser: 'u' } }), 'leave one out'],
    ['subnets of nowhere', (stack) => ({ main: { engine: 'postgres', secret: secret(stack), subnets: {} } }), 'databases.main.vpc: nothing was given'],
    ['an option that is none', (stack) => ({ main: { engine: 'postgres', secret: secret(stack), kep: 3 } as never }), 'databases.main.kep is not an option'],
    ['a token of no host', () => ({ main: { engine: 'postgres', iamUser: 'u', database: 'd' } }), 'databases.main.connection.iam.host: nothing was given'],
    [
      'more values than an environment holds',
      (stack) =>
        Object.fromEntries(Array.from({ length: 60 }, (_, each) => [`db-${each}`, { engine: 'postgres', secret: new Secret(stack, `S${each}`) }] as const)),
      'databases: 61 values that only the deployment knows are more than the environment of a function holds',
    ],
  ])('%s is said at synth', (_, databases, message) => {
    expect(mistakes(databases)).toThrow(message);
  });
});
