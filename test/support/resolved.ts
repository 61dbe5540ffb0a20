import type { Statement } from './iam.ts';
import type { Resource, Template } from './synthesized.ts';

const pseudo: Record<string, string> = {
  'AWS::Region': 'eu-west-3',
  'AWS::AccountId': '123456789012',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackId': '<this stack>',
};
const account = 'eu-west-3:123456789012';

/**
 * Replaces every reference in a value of a template by its value in an account: ARNs of our resources in the words of
 * `recorded-calls.ts`, anything else as `<LogicalId>`.
 */
export function resolved(template: Template, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => resolved(template, each));
  if (typeof value !== 'object' || value === null) return value;
  const [[key, inner] = ['', undefined], ...others] = Object.entries(value);
  if (others.length === 0 && key === 'Ref') return pseudo[inner as string] ?? arnOf(template, inner as string, 'Ref');
  if (others.length === 0 && key === 'Fn::GetAtt') return arnOf(template, (inner as string[])[0] ?? '', (inner as string[])[1] ?? '');
  if (others.length === 0 && key === 'Fn::Join') {
    const [separator, parts] = inner as [string, unknown[]];
    return parts.map((part) => String(resolved(template, part))).join(separator);
  }
  if (others.length === 0 && key === 'Fn::Sub') return String(inner).replace(/\$\{(AWS::\w+)\}/g, (_, name: string) => pseudo[name] ?? name);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolved(template, each)]));
}

function arnOf({ Resources }: Template, id: string, attribute: string): string {
  const type = Resources[id]?.Type;
  if (!type) throw new Error(`the template has no resource ${id}`);
  if (id === 'Vault') return { Arn: 'arn:aws:s3:::<bucket>', RegionalDomainName: '<bucket>.s3.eu-west-3.amazonaws.com' }[attribute] ?? '<bucket>';
  if (type === 'AWS::DynamoDB::Table') {
    const name = id === 'Records' ? '<table>' : '<audit table>';
    return attribute === 'Arn' ? `arn:aws:dynamodb:${account}:table/${name}` : name;
  }
  if (type === 'AWS::StepFunctions::StateMachine') {
    const [, kind = 'Backup'] = /^Functions(Verify|Restore)Workflow/.exec(id) ?? [];
    return kind === 'Backup' ? '<workflow>' : `<${kind.toLowerCase()} workflow>`;
  }
  if (type === 'AWS::SNS::Topic') return '<topic>';
  if (type === 'AWS::CodeBuild::Project') return attribute === 'Arn' ? `arn:aws:codebuild:${account}:project/${nameOfBuild(id)}` : nameOfBuild(id);
  if (type === 'AWS::Lambda::Function') return attribute === 'Arn' ? `arn:aws:lambda:${account}:function:${nameOfFunction(id)}` : nameOfFunction(id);
  if (type === 'AWS::Lambda::Version') return `${resolved({ Resources, Outputs: {} }, { 'Fn::GetAtt': [functionOf(Resources, id), 'Arn'] })}:1`;
  return `<${id}>`;
}

function functionOf(resources: Template['Resources'], version: string): string {
  return resources[version]?.Properties.FunctionName.Ref;
}

/** Returns a function's name: `FunctionsdumpFunction20F0EB57` → `dump`. */
export function nameOfFunction(id: string): string {
  return /^(?:Functions|Pages)([a-zA-Z0-9]+?)Function/.exec(id)?.[1] ?? id;
}

export function functionsOf(template: Template) {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
    .map(([id, { Properties }]) => ({ id, name: nameOfFunction(id), properties: Properties }));
}

/** Names of the builds. */
export const buildNames = ['build', 'proofBuild', 'restoreBuild'] as const;
type BuildName = (typeof buildNames)[number];

function nameOfBuild(id: string): string {
  return /^Functions([a-zA-Z0-9]+?)Project/.exec(id)?.[1] ?? id;
}

export function buildProjectOf(template: Template, name: BuildName = 'build'): Resource['Properties'] {
  return Object.entries(template.Resources).find(([id, { Type }]) => Type === 'AWS::CodeBuild::Project' && nameOfBuild(id) === name)?.[1].Properties;
}

/** Returns the rights of the role of a function or a build: its own code's, and those of Lambda or CodeBuild. */
export function roleOf(template: Template, name: string): { id: string; own: Statement[]; plumbing: Statement[] } {
  const found = functionsOf(template).find((each) => each.name === name);
  const build = buildNames.find((each) => each === name);
  const role = build ? buildProjectOf(template, build).ServiceRole : found?.properties.Role;
  const id: string = role['Fn::GetAtt'][0];
  const policies = Object.values(template.Resources).filter(
    ({ Type, Properties }) => Type === 'AWS::IAM::Policy' && Properties.Roles.some((role: { Ref: string }) => role.Ref === id),
  );
  const statements = (documents: { Statement: unknown }[]) => documents.flatMap(({ Statement }) => resolved(template, Statement) as Statement[]);
  return {
    id,
    own: statements(policies.map(({ Properties }) => Properties.PolicyDocument)),
    plumbing: statements(
      (template.Resources[id]?.Properties.Policies ?? []).map(({ PolicyDocument }: { PolicyDocument: { Statement: unknown } }) => PolicyDocument),
    ),
  };
}
