import { createHash } from 'node:crypto';
import { Duration, Fn, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { CfnStage, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import {
  AccountRecovery,
  CfnUserPoolGroup,
  CfnUserPoolUser,
  CfnUserPoolUserToGroupAttachment,
  Mfa,
  OAuthScope,
  UserPool,
  type UserPoolClient,
} from 'aws-cdk-lib/aws-cognito';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Config } from '../../core/config/config.ts';
import type { Provider } from '../../core/config/deployment.ts';
import { cognitoGroup } from '../../core/names.ts';
import { BackupFunction } from './backup-function.ts';
import { allow, type Grant } from './grant.ts';
import { labelOf, stackAndLabel } from './logical-ids.ts';
import { secretAccess } from './secrets.ts';
import type { Vault } from './vault.ts';

/** Requests a second that the pages get, and that may come at once: a page asks for little, a guesser gets no more. */
const [rate, burst] = [20, 40];

export interface ConsoleProps {
  readonly code: string;
  readonly administrators: Config['administrators'];
  readonly auth: 'cognito' | Provider;
  readonly vault: Vault;
  readonly start: BackupFunction;
  readonly sign: BackupFunction;
  readonly administer: BackupFunction;
}

/**
 * The administrators' pages: a function behind an HTTP API. Its role may call three functions and read its own secrets;
 * it can read neither the vault nor the catalogue.
 */
export class Console extends Construct {
  readonly function: BackupFunction;
  readonly address: string;

  constructor(scope: Construct, id: string, { administer, administrators, auth, code, sign, start, vault }: ConsoleProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const api = new HttpApi(this, 'Api', { description: `Console of ${stackAndLabel(this)}`, createDefaultStage: false });
    this.address = `https://${api.apiId}.execute-api.${stack.region}.${stack.urlSuffix}`;
    const key = new Secret(this, 'SessionKey', {
      description: `Key that seals the sessions of the console of ${stackAndLabel(this)}`,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    Validations.of(key).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Another key ends all sessions, which last an hour. A person replaces it by hand if it was seen.',
    });
    const called = { SAUVEGARDE_START: start, SAUVEGARDE_SIGN: sign, SAUVEGARDE_ADMINISTER: administer };
    const own: Grant = {
      environment: {
        ...Object.fromEntries(Object.entries(called).map(([setting, { function: each }]) => [setting, each.functionArn])),
        SAUVEGARDE_BUCKET: vault.bucket.bucketName,
        SAUVEGARDE_DOWNLOADS: `https://${vault.bucket.bucketRegionalDomainName}`,
        SAUVEGARDE_ORIGIN: this.address,
        SAUVEGARDE_SESSION_KEY: key.secretArn,
        SAUVEGARDE_STACK: stackAndLabel(this),
        ...(auth === 'cognito' ? this.#userPool(administrators) : { SAUVEGARDE_ISSUER: auth.issuer, SAUVEGARDE_CLIENT: auth.clientId }),
      },
      statements: [
        allow(
          ['lambda:InvokeFunction'],
          Object.values(called).map(({ function: each }) => each.functionArn),
        ),
        allow(['secretsmanager:GetSecretValue'], [key.secretArn]),
      ],
    };
    const theirs = auth === 'cognito' || !auth.clientSecret ? [] : [secretAccess(stack, auth.clientSecret.secret)];
    this.function = new BackupFunction(this, 'console', { code, timeout: 29, grants: [own, ...theirs] });
    const integration = new HttpLambdaIntegration('Pages', this.function.function, { timeout: Duration.seconds(29) });
    const routes = api.addRoutes({ path: '/{proxy+}', methods: [HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST], integration });
    const root = api.addRoutes({ path: '/', methods: [HttpMethod.GET, HttpMethod.HEAD], integration });
    for (const route of [...routes, ...root])
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason: 'The function lets nobody pass without a session; a door must be open to strangers.',
      });
    this.#serve(api);
  }

  /** Opens the API, with a log of its requests: their paths hold names and ids, their queries are left out. */
  #serve(api: HttpApi): void {
    const logGroup = new LogGroup(this, 'Requests', { retention: RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
    new CfnStage(this, 'Stage', {
      apiId: api.apiId,
      stageName: '$default',
      autoDeploy: true,
      defaultRouteSettings: { throttlingRateLimit: rate, throttlingBurstLimit: burst },
      accessLogSettings: {
        destinationArn: logGroup.logGroupArn,
        format: JSON.stringify({
          at: '$context.requestTime',
          from: '$context.identity.sourceIp',
          method: '$context.httpMethod',
          path: '$context.path',
          status: '$context.status',
          id: '$context.requestId',
        }),
      },
    });
  }

  /** Makes a user pool that nobody can join, with the administrators in it; each gets a mail with a first password. */
  #userPool(administrators: readonly string[]): Record<string, string> {
    const stack = Stack.of(this);
    const pool = new UserPool(this, 'People', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      passwordPolicy: {
        minLength: 14,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(7),
      },
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      userInvitation: {
        emailSubject: 'Sauvegarde',
        emailBody: `Console: ${this.address}<br>{username}<br>{####}`,
      },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(pool).acknowledge(
      { id: 'AwsSolutions-COG2', reason: 'A second factor is offered to each administrator; an organisation that demands one has a provider of its own.' },
      { id: 'AwsSolutions-COG3', reason: 'Threat protection needs a plan that costs for each user; nobody can sign up, and API Gateway throttles.' },
      { id: 'AwsSolutions-COG8', reason: 'The plan without threat protection is enough for a few invited administrators.' },
    );
    // the last part of the stack's id is unique, and no word that Cognito forbids
    const prefix = `backups-${Fn.select(2, Fn.split('/', stack.stackId))}${labelOf(this) && `-${digestOf(labelOf(this)).slice(0, 8)}`}`;
    pool.addDomain('Domain', { cognitoDomain: { domainPrefix: prefix } });
    const client: UserPoolClient = pool.addClient('Client', {
      generateSecret: false,
      authFlows: {},
      preventUserExistenceErrors: true,
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.PROFILE],
        callbackUrls: [`${this.address}/signed-in`],
        logoutUrls: [`${this.address}/`],
      },
    });
    const group = new CfnUserPoolGroup(this, 'Administrators', { userPoolId: pool.userPoolId, groupName: cognitoGroup });
    for (const address of administrators.map((each) => each.toLowerCase())) {
      // not by their places: when one leaves, the others stay who they are
      const mark = digestOf(address).slice(0, 12);
      const user = new CfnUserPoolUser(this, `Administrator${mark}`, {
        userPoolId: pool.userPoolId,
        username: address,
        desiredDeliveryMediums: ['EMAIL'],
        userAttributes: [
          { name: 'email', value: address },
          { name: 'email_verified', value: 'true' },
        ],
      });
      const member = new CfnUserPoolUserToGroupAttachment(this, `Membership${mark}`, {
        userPoolId: pool.userPoolId,
        username: address,
        groupName: cognitoGroup,
      });
      member.addResourceDependency(user);
      member.addResourceDependency(group);
    }
    const out = `client_id=${client.userPoolClientId}&logout_uri=${this.address}/`;
    return {
      SAUVEGARDE_ISSUER: `https://cognito-idp.${stack.region}.${stack.urlSuffix}/${pool.userPoolId}`,
      SAUVEGARDE_CLIENT: client.userPoolClientId,
      SAUVEGARDE_SIGN_OUT: `https://${prefix}.auth.${stack.region}.amazoncognito.com/logout?${out}`,
    };
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
