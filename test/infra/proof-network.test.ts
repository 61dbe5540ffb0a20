import { describe, expect, it, vi } from 'vitest';
import { s3 } from '../../core/aws/clients.ts';
import { S3Vault } from '../../core/vault/s3/vault.ts';
import { allows, type Statement } from '../support/iam.ts';
import { functionsOf, resolved, roleOf } from '../support/resolved.ts';
import { configured, deployable, type Resource, type Template, templateOf } from '../support/synthesized.ts';

const provesBoth = configured({
  databases: { ...deployable.databases, shop: { engine: 'mysql', connection: { secret: 'prod/shop' }, place: 'private' } },
});
const template = templateOf(provesBoth);
const ofType = (type: string, of: Template = template) =>
  Object.entries(of.Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => ({ id: `<${id}>`, ...(resolved(of, Properties) as Resource['Properties']) }));
const placeOf = (name: string, of: Template = template) => resolved(of, functionsOf(of).find((each) => each.name === name)?.properties.VpcConfig);
const [vpc] = ofType('AWS::EC2::VPC');
const endpointOn = (routeTable: string, of: Template = template) =>
  ofType('AWS::EC2::VPCEndpoint', of).filter(({ RouteTableIds = [] }) => RouteTableIds.includes(routeTable));

const backup = 'arn:aws:s3:::<bucket>/main/2026/11/backup_20261122_050000Z.sql.zst';
/** What the policy of an endpoint lets through of these requests. */
const passing = (statements: Statement[], requests: [action: string, resource: string][]) =>
  requests.filter(([action, resource]) => allows(statements, { action, resource })).map(([action, resource]) => `${action} ${resource}`);
const requests: [string, string][] = ['s3:GetObject', 's3:ListBucket', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:CreateBucket'].flatMap(
  (action) => [
    [action, action === 's3:ListBucket' ? 'arn:aws:s3:::<bucket>' : backup],
    [action, 'arn:aws:s3:::another'],
    [action, 'arn:aws:s3:::another/object'],
  ],
);
const reading = [`s3:GetObject ${backup}`, 's3:ListBucket arn:aws:s3:::<bucket>'];
/** The bucket from which a build gets its code. */
const assets = 'cdk-hnb659fds-assets-123456789012-eu-west-3';

describe('the network of proofs', () => {
  it('is entered by those who prove, alone, in subnets of two zones', () => {
    const subnets = ofType('AWS::EC2::Subnet');
    expect(subnets.map(({ VpcId }) => VpcId)).toEqual([vpc?.id, vpc?.id]);
    expect(subnets.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual([0, 1].map((index) => ({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] })));
    const entered = { SubnetIds: subnets.map(({ id }) => id), SecurityGroupIds: [expect.stringContaining('ProofNetwork')] };
    const inside = functionsOf(template).map(({ name }) => [name, placeOf(name)]);
    expect(inside.filter(([, place]) => JSON.stringify(place)?.includes('ProofNetwork'))).toEqual([
      ['prove', entered],
      ['proveMysql', entered],
    ]);
    expect(roleOf(template, 'prove').plumbing.flatMap(({ Action }) => Action)).toContain('ec2:CreateNetworkInterface');
  });

  it('has no way out but the one to S3', () => {
    const tables = ofType('AWS::EC2::SubnetRouteTableAssociation');
    const [table] = ofType('AWS::EC2::RouteTable');
    expect(ofType('AWS::EC2::RouteTable')).toHaveLength(1);
    expect(tables.map(({ SubnetId, RouteTableId }) => [SubnetId, RouteTableId])).toEqual(ofType('AWS::EC2::Subnet').map(({ id }) => [id, table?.id]));
    expect(table?.VpcId).toBe(vpc?.id);
    expect(endpointOn(table?.id)).toMatchObject([{ VpcId: vpc?.id, VpcEndpointType: 'Gateway', ServiceName: 'com.amazonaws.eu-west-3.s3' }]);
    expect(ofType('AWS::EC2::VPCEndpoint').filter(({ VpcId }) => VpcId === vpc?.id)).toHaveLength(1);
    // nothing of EC2 beside these: no gateway of any kind, no route, no peering, no address of IPv6
    const known = ['VPC', 'Subnet', 'RouteTable', 'SubnetRouteTableAssociation', 'SecurityGroup', 'VPCEndpoint'];
    const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
    expect([...types].filter((type) => type.startsWith('AWS::EC2::')).sort()).toEqual(known.map((name) => `AWS::EC2::${name}`).sort());
  });

  it('reads the vault there, whoever asks, and does nothing else', () => {
    const [table] = ofType('AWS::EC2::RouteTable');
    const [endpoint] = endpointOn(table?.id);
    const statements: (Statement & { Principal: unknown })[] = endpoint?.PolicyDocument.Statement;
    expect(statements.map(({ Effect, Principal, Condition }) => ({ Effect, Principal, Condition }))).toEqual([
      { Effect: 'Allow', Principal: { AWS: '*' } },
      { Effect: 'Allow', Principal: { AWS: '*' } },
      { Effect: 'Allow', Principal: { AWS: '*' } },
    ]);
    // the third is for the code of the build, one object
    expect(statements[2]?.Resource).toMatch(new RegExp(`^arn:aws:s3:::${assets}/[0-9a-f]{64}\\.zip$`));
    expect(passing(statements, requests)).toEqual(reading);
  });

  it('lets nothing in, and HTTPS alone out', () => {
    const group = ofType('AWS::EC2::SecurityGroup').find(({ VpcId }) => VpcId === vpc?.id);
    expect(group?.SecurityGroupIngress ?? []).toEqual([]);
    expect(group?.SecurityGroupEgress).toMatchObject([{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }]);
  });

  it('knows the name of the vault, as the client asks for it, that of the code of the build, and no other', async () => {
    const domains = Object.fromEntries(ofType('AWS::Route53Resolver::FirewallDomainList').map(({ id, Domains }) => [id, Domains]));
    const [group] = ofType('AWS::Route53Resolver::FirewallRuleGroup');
    const rules = group?.FirewallRules.sort((one: { Priority: number }, other: { Priority: number }) => one.Priority - other.Priority);
    expect(rules.map((rule: { Action: string; FirewallDomainListId: string }) => [rule.Action, domains[rule.FirewallDomainListId]])).toEqual([
      ['ALLOW', [await nameAskedFor('<bucket>'), `${assets}.s3.eu-west-3.amazonaws.com`]],
      ['BLOCK', ['*']],
    ]);
    expect(rules[0]).toMatchObject({ FirewallDomainRedirectionAction: 'TRUST_REDIRECTION_DOMAIN' });
    expect(ofType('AWS::Route53Resolver::FirewallRuleGroupAssociation')).toMatchObject([{ FirewallRuleGroupId: group?.id, VpcId: vpc?.id }]);
  });
});

describe('a place that is named for proofs', () => {
  const named = (changes: object) => {
    const places = { ...deployable.places, sealed: { vpc: 'vpc-00000000', subnets: ['subnet-00000000'], securityGroups: ['sg-00000000'], ...changes } };
    return templateOf(configured({ places, aws: { proofPlace: 'sealed' } }));
  };

  it('is entered instead, and no network is made', () => {
    const made = named({});
    expect(placeOf('prove', made)).toEqual({ SubnetIds: ['subnet-00000000'], SecurityGroupIds: ['sg-00000000'] });
    expect(ofType('AWS::EC2::VPC', made)).toEqual([]);
    expect(ofType('AWS::EC2::VPCEndpoint', made).filter(({ VpcId }) => VpcId === 'vpc-00000000')).toEqual([]);
  });

  it('gets the way to the vault, where its route tables are given', () => {
    const [endpoint, ...others] = endpointOn('rtb-00000000', named({ routeTables: ['rtb-00000000'] }));
    expect(others).toEqual([]);
    expect(passing(endpoint?.PolicyDocument.Statement, requests)).toEqual(reading);
  });

  it('has the endpoints of dumps, where databases are reached from there', () => {
    const made = templateOf(configured({ aws: { proofPlace: 'private' } }));
    expect(placeOf('prove', made)).toEqual(placeOf('dump', made));
    expect(ofType('AWS::EC2::VPCEndpoint', made).filter(({ ServiceName }) => ServiceName.endsWith('.s3'))).toHaveLength(1);
  });
});

/** The name that the product's client resolves to reach a bucket. */
async function nameAskedFor(bucket: string): Promise<string | undefined> {
  for (const [variable, value] of Object.entries({ AWS_REGION: 'eu-west-3', AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' }))
    vi.stubEnv(variable, value);
  let asked: string | undefined;
  const client = s3();
  client.middlewareStack.add(
    () =>
      async ({ request }) => {
        asked = (request as { hostname: string }).hostname;
        throw new Error('only the name was wanted');
      },
    { step: 'build' },
  );
  const name = 'sauvegarde-vault-0123456789ab'; // as CloudFormation names buckets
  await expect(new S3Vault(client, name).read('main/2026/11/backup_20261122_050000Z.sql.zst')).rejects.toThrow('only the name was wanted');
  vi.unstubAllEnvs();
  return asked?.replace(name, bucket);
}
