import { describe, expect, it } from 'vitest';
import { outcomeVariable } from '../../core/names.ts';
import { parseSettings, type SettingName } from '../../functions/settings.ts';
import { functionNames as bundled, nodeOptions } from '../../infra/bundle.ts';
import { functionNames } from '../../infra/constructs/functions.ts';
import { allows, type Statement } from '../support/iam.ts';
import { buildProjectOf, functionsOf, resolved, roleOf } from '../support/resolved.ts';
import { backedUp, configured, deployable, type Resource, type Template, targets, templateOf } from '../support/synthesized.ts';

const template = templateOf(configured({ targets, databases: backedUp }));
const ofType = (type: string, { Resources }: Template = template) => Object.entries(Resources).filter(([, { Type }]) => Type === type);
const functions = functionsOf(template);

describe('the functions', () => {
  it('are those that are bundled, and nothing else: no custom resource brings one of its own', () => {
    expect(functions.map(({ name }) => name).sort()).toEqual([...bundled]);
    expect([...functionNames].sort()).toEqual([...bundled]);
  });

  it.each(functions)('$name runs on arm64 with Node 24, is traced, and its logs end', ({ properties }) => {
    expect(properties).toMatchObject({ Architectures: ['arm64'], Runtime: 'nodejs24.x', Handler: 'handler.handler', TracingConfig: { Mode: 'Active' } });
    expect(template.Resources[properties.LoggingConfig.LogGroup.Ref]?.Properties.RetentionInDays).toBe(90);
  });

  it.each(functions)("$name's environment is what its handler reads, and nothing more", async ({ name, properties }) => {
    const { ports } = (await import(`../../functions/${name}/handler.ts`)) as { ports: Record<string, { settings: SettingName[] }> };
    const needed = new Set(Object.values(ports).flatMap(({ settings }) => settings));
    const { NODE_OPTIONS, ...environment } = resolved(template, properties.Environment.Variables) as Record<string, string>;
    expect(NODE_OPTIONS).toBe(nodeOptions);
    expect(() => parseSettings([...needed], environment)).not.toThrow();
    needed.delete('SAUVEGARDE_PLACE'); // of a stack with several places alone
    for (const each of ['SAUVEGARDE_MOUNT', 'SAUVEGARDE_ACCESS_POINT'] as const) needed.delete(each); // of a place with files alone
    needed.delete('SAUVEGARDE_PROGRAMS'); // Lambda's /opt unless a test says otherwise
    expect(Object.keys(environment).sort()).toEqual([...needed].sort());
  });

  it('dump and restore alone enter the place of the databases and the targets, and those who prove one of their own', () => {
    const inside = functions.filter(({ properties }) => properties.VpcConfig).sort((one, other) => (one.name < other.name ? -1 : 1));
    expect(inside.map(({ name }) => name)).toEqual(['dump', 'prove', 'restore']);
    const place = { SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'], SecurityGroupIds: ['sg-0123456789abcdef0'] };
    expect(inside[0]?.properties.VpcConfig).toEqual(place);
    expect(inside[1]?.properties.VpcConfig).not.toEqual(place);
    expect(inside[2]?.properties.VpcConfig).toEqual(place);
  });

  it('dump has the tools, and prove has the servers too', () => {
    const layers = Object.fromEntries(functions.map(({ name, properties }) => [name, (properties.Layers ?? []).length]));
    expect(Object.fromEntries(Object.entries(layers).filter(([, count]) => count > 0))).toEqual({ dump: 1, prove: 2, restore: 1 });
  });

  it('MySQL, which may be MariaDB, brings the programs of both, and a function that proves MySQL’s dumps with the same rights', () => {
    const made = templateOf(configured({ databases: { main: { engine: 'mysql', connection: { secret: 'prod/main' } } } }));
    const layersOf = (name: string) => {
      const layers = functionsOf(made).find((each) => each.name === name)?.properties.Layers ?? [];
      return layers.map(({ Ref }: { Ref: string }) => Ref.replace(/[0-9A-F]{8}$/, '')).sort();
    };
    expect(layersOf('dump')).toEqual(['databasetools', 'mariadbtools', 'mysqltools']);
    expect(layersOf('prove')).toEqual(['databaseservers', 'databasetools', 'mariadbserver', 'mariadbtools']);
    expect(layersOf('proveMysql')).toEqual(['mysqlserver', 'mysqltools']);
    expect(roleOf(made, 'proveMysql').own).toEqual(roleOf(made, 'prove').own);
    expect(made.Outputs).toHaveProperty('ProveMysqlFunction');
    expect(template.Outputs).not.toHaveProperty('ProveMysqlFunction');
  });

  it('databases of older versions of PostgreSQL bring their servers, each beside the newest, and a function for proofs with the same rights', () => {
    const made = templateOf(configured({ databases: { main: { engine: 'postgres', connection: { secret: 'prod/main' } } } }));
    for (const major of [15, 17]) {
      const { properties } = functionsOf(made).find(({ name }) => name === `provePostgres${major}`) ?? {};
      const layers = properties?.Layers.map(({ Ref }: { Ref: string }) => Ref.replace(/[0-9A-F]{8}$/, '')).sort();
      expect(layers).toEqual(['databaseservers', `databaseservers${major}`, 'databasetools']);
      expect(roleOf(made, `provePostgres${major}`).own).toEqual(roleOf(made, 'prove').own);
      expect(made.Outputs).toHaveProperty(`ProvePostgres${major}Function`);
    }
  });

  it('restore is there only where a target is declared', () => {
    const plain = templateOf(configured());
    expect(functionsOf(plain).map(({ name }) => name)).not.toContain('restore');
    const start = functionsOf(plain).find(({ name }) => name === 'start');
    expect(start?.properties.Environment.Variables).toMatchObject({ SAUVEGARDE_RESTORE_WORKFLOW: '' });
    expect(ofType('AWS::StepFunctions::StateMachine', plain)).toHaveLength(2);
    expect(ofType('AWS::StepFunctions::StateMachine')).toHaveLength(3);
  });

  it('validate is there only where AWS Backup backs a database up, outside every place, and is called for restored instances of RDS alone', () => {
    expect(functionsOf(templateOf(configured())).map(({ name }) => name)).not.toContain('validate');
    expect(functions.find(({ name }) => name === 'validate')?.properties).toMatchObject({ Timeout: 900 });
    const rules = ofType('AWS::Events::Rule').filter(([, { Properties }]) => Properties.EventPattern.source.includes('aws.backup'));
    const [[, rule] = []] = rules;
    expect(rules).toHaveLength(1);
    expect(ofType('AWS::Events::Rule', templateOf(configured())).flatMap(([, { Properties }]) => Properties.EventPattern.source)).not.toContain('aws.backup');
    expect(rule?.Properties.EventPattern).toEqual({
      source: ['aws.backup'],
      'detail-type': ['Restore Job State Change'],
      detail: { status: ['COMPLETED'], resourceType: ['RDS'] },
    });
    expect(resolved(template, rule?.Properties.Targets)).toMatchObject([{ Arn: 'arn:aws:lambda:eu-west-3:123456789012:function:validate' }]);
  });

  it('a restored instance is read from the place of its database', () => {
    const { private: place } = deployable.places ?? {};
    const elsewhere = { ...place, vpc: 'vpc-0123456789abcdef9', subnets: ['subnet-0123456789abcdef9'], routeTables: undefined } as NonNullable<typeof place>;
    const shop = { ...(backedUp.main as typeof backedUp.main & object), place: 'elsewhere' };
    const made = templateOf(configured({ places: { ...deployable.places, elsewhere }, databases: { main: backedUp.main as typeof shop, shop } }));
    const validate = functionsOf(made).find(({ name }) => name === 'validate');
    expect((resolved(made, validate?.properties.Environment.Variables) as Record<string, string>).SAUVEGARDE_DUMPERS).toMatch(
      /^private=dump elsewhere=dump\w+$/,
    );
  });

  it('a target elsewhere is reached from its own place, which gets the endpoints that a restore needs', () => {
    const { private: place } = deployable.places ?? {};
    const elsewhere = { ...place, vpc: 'vpc-0123456789abcdef9', subnets: ['subnet-0123456789abcdef9'], routeTables: ['rtb-0123456789abcdef9'] } as NonNullable<
      typeof place
    >;
    const made = templateOf(configured({ places: { ...deployable.places, elsewhere }, targets: { staging: { ...targets.staging, place: 'elsewhere' } } }));
    const restore = functionsOf(made).find(({ name }) => name === 'restore');
    expect(restore?.properties.VpcConfig.SubnetIds).toEqual(elsewhere.subnets);
    const there = ofType('AWS::EC2::VPCEndpoint', made).filter(([, { Properties }]) => Properties.VpcId === elsewhere.vpc);
    expect(there.map(([, { Properties }]) => Properties.ServiceName).map((name) => JSON.stringify(name).match(/s3|secretsmanager|dynamodb|logs/)?.[0])).toEqual(
      ['s3', 'secretsmanager'],
    );
  });

  it('those who work with a whole database have Lambda’s longest time, and the one that restores it the largest disk', () => {
    const whole = functions.filter(({ name }) => ['dump', 'prove'].includes(name)).map(({ name, properties }) => [name, properties]);
    expect(Object.fromEntries(whole)).toMatchObject({
      dump: { Timeout: 900, EphemeralStorage: { Size: 512 } },
      prove: { Timeout: 900, EphemeralStorage: { Size: 10_240 } },
    });
  });
});

describe('the larger compute of dumps', () => {
  const project = resolved(template, buildProjectOf(template)) as Resource['Properties'];
  const environment = Object.fromEntries(project.Environment.EnvironmentVariables.map(({ Name, Value }: Record<string, string>) => [Name, Value]));

  it('is a build on arm64 with Node 24 and without privileges, which makes no artifacts and has eight hours', () => {
    expect(project).toMatchObject({
      Artifacts: { Type: 'NO_ARTIFACTS' },
      Environment: { Type: 'ARM_CONTAINER', Image: 'aws/codebuild/amazonlinux-aarch64-standard:4.0', ComputeType: 'BUILD_GENERAL1_SMALL' },
      TimeoutInMinutes: 480,
      QueuedTimeoutInMinutes: 60,
    });
    expect(project.Environment.PrivilegedMode).toBeUndefined();
    expect(JSON.parse(project.Source.BuildSpec).phases).toMatchObject({
      install: { 'runtime-versions': { nodejs: 24 } },
      build: { commands: expect.arrayContaining([expect.stringMatching(/node main\.mjs outcome$/)]) },
    });
  });

  it('stops its dump before it is cut off, and may outlive no lease', () => {
    expect(Number(environment.SAUVEGARDE_MINUTES)).toBeLessThanOrEqual(project.TimeoutInMinutes - 5);
    expect(project.TimeoutInMinutes + project.QueuedTimeoutInMinutes).toBeLessThan(24 * 60);
  });

  it('is told what dump is told, and nothing that is secret', () => {
    const { SAUVEGARDE_MINUTES: _, ...shared } = environment;
    const dump = functions.find(({ name }) => name === 'dump');
    expect(shared).toEqual(resolved(template, dump?.properties.Environment.Variables));
    expect(project.Environment.EnvironmentVariables.every((each: object) => !('Type' in each))).toBe(true);
  });

  it('enters the place that dump enters, and none where there is none', () => {
    expect(project.VpcConfig).toEqual({
      VpcId: 'vpc-0123456789abcdef0',
      Subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      SecurityGroupIds: ['sg-0123456789abcdef0'],
    });
    const open = templateOf(configured({ databases: { main: { engine: 'postgres', connection: { secret: 's' } } } }));
    expect(buildProjectOf(open).VpcConfig).toBeUndefined();
    expect(JSON.stringify(roleOf(open, 'build'))).not.toContain('ec2:');
  });

  it('writes its logs where they end', () => {
    const { Status, GroupName } = buildProjectOf(template).LogsConfig.CloudWatchLogs;
    expect(Status).toBe('ENABLED');
    expect(template.Resources[GroupName.Ref]?.Properties.RetentionInDays).toBe(90);
  });

  it('has the plumbing of a build in that place: its logs, its source, its interfaces', () => {
    const subnets = project.VpcConfig.Subnets.map((id: string) => `arn:aws:ec2:eu-west-3:123456789012:subnet/${id}`);
    const { plumbing } = roleOf(template, 'build');
    expect(plumbing.map(({ Action }) => [Action].flat().map((action) => action.split(':')[0])[0])).toEqual(['logs', 's3', 'ec2', 'ec2']);
    expect(plumbing[1]?.Resource).toMatch(/\.zip$/);
    expect(plumbing[3]).toMatchObject({ Condition: { StringEquals: { 'ec2:AuthorizedService': 'codebuild.amazonaws.com', 'ec2:Subnet': subnets } } });
  });

  it('is assumed by CodeBuild for this account only', () => {
    const role = template.Resources[roleOf(template, 'build').id];
    expect(resolved(template, role?.Properties.AssumeRolePolicyDocument.Statement)).toMatchObject([
      { Principal: { Service: 'codebuild.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } } },
    ]);
  });
});

describe('the larger compute of proofs', () => {
  const project = resolved(template, buildProjectOf(template, 'proofBuild')) as Resource['Properties'];
  const spec = JSON.parse(project.Source.BuildSpec);

  it('has twice the memory and time to stop', () => {
    expect(ofType('AWS::CodeBuild::Project')).toHaveLength(3);
    expect(project).toMatchObject({ Environment: { Type: 'ARM_CONTAINER', ComputeType: 'BUILD_GENERAL1_MEDIUM' }, TimeoutInMinutes: 480 });
    expect(project.Environment.PrivilegedMode).toBeUndefined();
  });

  it('exports what came of it, and keeps its programs where a server that is not root can start', () => {
    expect(spec.env).toEqual({ 'exported-variables': [outcomeVariable] });
    expect(spec.phases.build.commands.at(-2)).toBe('SAUVEGARDE_PROGRAMS=/opt/sauvegarde node main.mjs outcome');
    expect(spec.phases.build.commands.at(-1)).toBe(`export ${outcomeVariable}="$(cat outcome)"`);
  });

  it('is told the vault, its time and the key of encrypted backups, and nothing else', () => {
    const names = project.Environment.EnvironmentVariables.map(({ Name }: { Name: string }) => Name);
    expect(names.sort()).toEqual(['NODE_OPTIONS', 'SAUVEGARDE_BUCKET', 'SAUVEGARDE_IDENTITY', 'SAUVEGARDE_MINUTES']);
  });

  it('runs where functions prove, from where nothing writes a log', () => {
    const prove = functions.find(({ name }) => name === 'prove');
    const { SubnetIds, SecurityGroupIds } = resolved(template, prove?.properties.VpcConfig) as { SubnetIds: string[]; SecurityGroupIds: string[] };
    expect(project.VpcConfig).toEqual({ VpcId: expect.stringContaining('ProofNetwork'), Subnets: SubnetIds, SecurityGroupIds });
    expect(project.LogsConfig.CloudWatchLogs).toEqual({ Status: 'DISABLED' });
    expect(JSON.stringify(roleOf(template, 'proofBuild'))).not.toContain('logs:');
  });
});

describe('restores into targets in several places', () => {
  const { private: place } = deployable.places ?? {};
  const second = { ...place, vpc: 'vpc-0123456789abcdef9', subnets: ['subnet-0123456789abcdef9'], routeTables: ['rtb-0123456789abcdef9'] } as NonNullable<
    typeof place
  >;
  const made = templateOf(
    configured({
      databases: { ...deployable.databases, old: { engine: 'mysql', connection: { secret: 'prod/old' }, place: 'private' } },
      places: { ...deployable.places, second },
      targets: {
        ...targets,
        copy: { engine: 'mysql', connection: { secret: 'copy' }, place: 'second' },
        open: { engine: 'postgres', connection: { secret: 'open' } },
      },
    }),
  );
  const [names, builds] = [
    ['restore', 'restoresecond', 'restoreinternet'],
    ['restoreBuild', 'restoreBuildsecond', 'restoreBuildinternet'],
  ];
  const projectOf = (name: string) =>
    resolved(
      made,
      ofType('AWS::CodeBuild::Project', made).find(([id]) => id.slice(0, -8) === `Functions${name}Project`)?.[1].Properties,
    ) as Resource['Properties'];
  const restorers = names.map((name) => functionsOf(made).find((each) => each.name === name)?.properties);

  it('have a function and a build each, which enter them; the first keeps its names', () => {
    const vpcs = [place?.subnets, second.subnets, undefined];
    expect(restorers.map((each) => each?.VpcConfig?.SubnetIds)).toEqual(vpcs);
    expect(builds.map((name) => projectOf(name).VpcConfig?.Subnets)).toEqual(vpcs);
    const ofRestores = (of: Template) => Object.keys(of.Resources).filter((id) => /^Functionsrestore(Function|Role|BuildProject)[0-9A-F]{8}$/.test(id));
    expect(ofRestores(made)).toEqual(ofRestores(template));
    expect(ofRestores(made)).toHaveLength(3);
  });

  it.each([
    ['restore', ['prod/staging'], ['main']],
    ['restoresecond', ['copy'], ['old']],
    ['restoreinternet', ['open'], ['main']],
  ])('%s reads its own secrets and the backups of its own engines: %j, %j', (name, secrets, databases) => {
    for (const own of [roleOf(made, name).own, ownOfProject(builds[names.indexOf(name)] ?? '')]) {
      const reads = (action: string, resource: string) => allows(own, { action, resource });
      const secret = (each: string) => reads('secretsmanager:GetSecretValue', `arn:aws:secretsmanager:eu-west-3:123456789012:secret:${each}-a1b2c3`);
      expect(['prod/staging', 'copy', 'open', 'prod/main'].filter(secret)).toEqual(secrets);
      expect(['main', 'old'].filter((each) => reads('s3:GetObject', `arn:aws:s3:::<bucket>/${each}/2026/a`))).toEqual(databases);
    }
  });

  it('are told their place, and found by it', () => {
    const places = ['private', 'second', '-'];
    expect(restorers.map((each) => each?.Environment.Variables.SAUVEGARDE_PLACE)).toEqual(places);
    const machine = ofType('AWS::StepFunctions::StateMachine', made).find(([id]) => id.includes('RestoreWorkflow'))?.[1].Properties;
    const { restore, restoreBuild } = resolved(made, machine.DefinitionSubstitutions) as Record<string, string>;
    const found = (given: string) =>
      Object.fromEntries([...given.matchAll(/'([\w-]+)': '([^']+)'/g)].map(([, of = '', name = '']) => [of, name.split(':')[6] ?? name]));
    expect([restore, restoreBuild].map((given) => given?.endsWith(', $place) %}'))).toEqual([true, true]);
    expect(found(restore ?? '')).toEqual(Object.fromEntries(places.map((each, index) => [each, names[index]])));
    expect(found(restoreBuild ?? '')).toEqual(Object.fromEntries(places.map((each, index) => [each, builds[index]])));
  });

  it('bring a place without dumps the endpoints that a restore needs', () => {
    const there = ofType('AWS::EC2::VPCEndpoint', made).filter(([, { Properties }]) => Properties.VpcId === second.vpc);
    expect(there.map(([, { Properties }]) => (resolved(made, Properties.ServiceName) as string).split('.').at(-1)).sort()).toEqual(['s3', 'secretsmanager']);
  });

  it('run the program of restores beside that of proofs, with its servers, and write no log from there', () => {
    for (const project of builds.map(projectOf)) {
      expect(JSON.parse(project.Source.BuildSpec).phases.build.commands).toContain('SAUVEGARDE_PROGRAMS=/opt/sauvegarde node restore.mjs outcome');
      expect(project.Source.Location).toBe((resolved(made, buildProjectOf(made, 'proofBuild')) as Resource['Properties']).Source.Location);
      expect(project.LogsConfig.CloudWatchLogs).toEqual({ Status: 'DISABLED' });
    }
  });

  function ownOfProject(name: string) {
    const role = ofType('AWS::CodeBuild::Project', made).find(([id]) => id.slice(0, -8) === `Functions${name}Project`)?.[1].Properties.ServiceRole[
      'Fn::GetAtt'
    ][0];
    const policies = ofType('AWS::IAM::Policy', made).filter(([, { Properties }]) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role));
    return policies.flatMap(([, { Properties }]) => resolved(made, Properties.PolicyDocument.Statement) as Statement[]);
  }
});
