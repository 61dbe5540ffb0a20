import { describe, expect, it } from 'vitest';
import { allows } from '../support/iam.ts';
import { functionsOf, resolved, roleOf } from '../support/resolved.ts';
import { configured, type Resource, type Template, templateOf } from '../support/synthesized.ts';

const withConsole = (pages?: object | false) =>
  templateOf(configured({ administrators: ['a@example.org', 'b@example.org'], aws: { console: pages as never } }));
const propertiesOf = (template: Template, type: string) =>
  Object.values(template.Resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => resolved(template, Properties) as Resource['Properties']);
const environmentOf = (template: Template) =>
  resolved(template, functionsOf(template).find(({ name }) => name === 'console')?.properties.Environment.Variables) as Record<string, string>;

describe('the console', () => {
  const template = withConsole();

  it('is reached by reading and by forms alone, is throttled, and its requests are logged without their queries', () => {
    expect(
      propertiesOf(template, 'AWS::ApiGatewayV2::Route')
        .map(({ RouteKey }) => RouteKey)
        .sort(),
    ).toEqual(['GET /', 'GET /{proxy+}', 'HEAD /', 'HEAD /{proxy+}', 'POST /{proxy+}']);
    const [stage] = propertiesOf(template, 'AWS::ApiGatewayV2::Stage');
    expect(stage).toMatchObject({ StageName: '$default', DefaultRouteSettings: { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 } });
    expect(stage?.AccessLogSettings.Format).not.toMatch(/query|rawPath|cookie|authorization/i);
    expect(template.Outputs).toHaveProperty('Console');
  });

  it('asks a user pool that nobody can join, of which the administrators are members, by a code with PKCE', () => {
    const [pool] = propertiesOf(template, 'AWS::Cognito::UserPool');
    expect(pool).toMatchObject({ AdminCreateUserConfig: { AllowAdminCreateUserOnly: true }, UsernameConfiguration: { CaseSensitive: false } });
    const users = propertiesOf(template, 'AWS::Cognito::UserPoolUser').map(({ Username }) => Username);
    expect(users).toEqual(['a@example.org', 'b@example.org']);
    const members = propertiesOf(template, 'AWS::Cognito::UserPoolUserToGroupAttachment');
    expect(members.map(({ Username, GroupName }) => [Username, GroupName])).toEqual(users.map((user) => [user, 'administrators']));
    const { SAUVEGARDE_ORIGIN: origin, SAUVEGARDE_ISSUER: issuer, SAUVEGARDE_SIGN_OUT: out } = environmentOf(template);
    expect(propertiesOf(template, 'AWS::Cognito::UserPoolClient')).toMatchObject([
      {
        GenerateSecret: false,
        AllowedOAuthFlows: ['code'],
        AllowedOAuthScopes: ['openid', 'email', 'profile'],
        CallbackURLs: [`${origin}/signed-in`],
        LogoutURLs: [`${origin}/`],
        PreventUserExistenceErrors: 'ENABLED',
      },
    ]);
    expect(issuer).toMatch(/^https:\/\/cognito-idp\.eu-west-3\.amazonaws\.com\/<PagesPeople/);
    expect(out).toContain(`logout_uri=${origin}/`);
  });

  it('knows of the vault only where its downloads come from', () => {
    expect(environmentOf(template)).toMatchObject({ SAUVEGARDE_BUCKET: '<bucket>', SAUVEGARDE_DOWNLOADS: 'https://<bucket>.s3.eu-west-3.amazonaws.com' });
  });
});

it('with a provider of its own makes no user pool, and alone may read the secret of its client', () => {
  const auth = { issuer: 'https://login.example.org', clientId: 'backups', clientSecret: { secret: 'prod/console' } };
  const template = withConsole({ auth });
  expect(Object.values(template.Resources).filter(({ Type }) => Type.startsWith('AWS::Cognito'))).toEqual([]);
  expect(environmentOf(template)).toMatchObject({ SAUVEGARDE_ISSUER: auth.issuer, SAUVEGARDE_CLIENT: auth.clientId });
  const secret = { action: 'secretsmanager:GetSecretValue', resource: 'arn:aws:secretsmanager:eu-west-3:123456789012:secret:prod/console-AbCdEf' };
  expect(
    functionsOf(template)
      .map(({ name }) => name)
      .filter((name) => allows(roleOf(template, name).own, secret)),
  ).toEqual(['console']);
});

it('keeps the users who stay when an administrator leaves: Cognito refuses to make one twice', () => {
  const usersOf = (administrators: string[]) =>
    Object.entries(templateOf(configured({ administrators })).Resources).flatMap(([id, { Type, Properties }]) =>
      Type === 'AWS::Cognito::UserPoolUser' ? [`${id} ${Properties.Username}`] : [],
    );
  const before = usersOf(['a@example.org', 'b@example.org']);
  expect(before).toHaveLength(2);
  expect(before).toEqual(expect.arrayContaining(usersOf(['B@example.org'])));
});

it('that is turned off leaves nothing in the stack', () => {
  const template = withConsole(false);
  expect(Object.keys(template.Resources).filter((id) => id.startsWith('Pages'))).toEqual([]);
  expect(template.Outputs).not.toHaveProperty('Console');
});
