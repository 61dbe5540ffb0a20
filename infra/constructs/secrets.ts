import { SecretValue, type Stack, Token } from 'aws-cdk-lib';
import { regionOfArn, regionOfServer } from '../../core/aws/region.ts';
import type { Config, Database, Target } from '../../core/config/config.ts';
import type { DeployedValues } from './deployed-values.ts';
import { allow, finding, type Grant } from './grant.ts';

/** Grants reading the configured secrets and no others, and connecting as the configured users of RDS. */
export function databaseAccess(stack: Stack, { databases }: { databases: Record<string, Database | Target> }, values: DeployedValues): Grant {
  const connections = Object.values(databases).flatMap((database) => ('connection' in database ? [database.connection] : []));
  const secrets = unique(connections.flatMap((connection) => ('secret' in connection ? [arnOfSecret(stack, values.resolve(connection.secret))] : [])));
  const users = unique(
    connections.flatMap((connection) => ('iam' in connection ? [arnOfUser(stack, { ...connection.iam, host: values.resolve(connection.iam.host) })] : [])),
  );
  const reading = secretsAccess(stack, secrets);
  return {
    environment: values.neededBy(connections, 'databases'),
    statements: [...reading.statements, ...(users.length > 0 ? [allow(['rds-db:connect'], users)] : [])],
    acknowledged: Object.fromEntries([
      ...Object.entries(reading.acknowledged ?? {}),
      ...users.map((arn) => [
        finding(stack, arn),
        'The configuration names the host and the user; the id of the instance that an ARN wants is not known at synth.',
      ]),
    ]) as Record<string, string>,
  };
}

/** Grants reading the addresses of webhooks and heartbeats, and no other secrets. */
export function tellingAccess(
  stack: Stack,
  { databases, heartbeat, notify }: Pick<Config, 'databases' | 'heartbeat' | 'notify'>,
  values: DeployedValues,
): Grant {
  const addresses = [heartbeat, ...Object.values(databases).map((database) => database.heartbeat), ...notify.flatMap((way) => Object.values(way))];
  const names = addresses.flatMap((address) =>
    typeof address === 'object' && 'secret' in address ? [arnOfSecret(stack, values.resolve(address.secret))] : [],
  );
  return { ...secretsAccess(stack, unique(names)), environment: values.neededBy(addresses, 'heartbeat') };
}

/** Grants reading the secret key that opens encrypted backups, if there is one. */
export function identityAccess(stack: Stack, { encryption }: Pick<Config, 'encryption'>): Grant {
  const identity = encryption?.identity;
  return identity && 'secret' in identity ? secretAccess(stack, identity.secret) : secretsAccess(stack, []);
}

/**
 * Gives the secret key to a function that can reach no store of secrets. CloudFormation resolves it when the stack is
 * deployed; whoever may read the function's settings can read it.
 */
export function identityGiven({ encryption }: Pick<Config, 'encryption'>): Grant {
  const identity = encryption?.identity;
  const given = identity && 'secret' in identity ? SecretValue.secretsManager(identity.secret).unsafeUnwrap() : '';
  return { environment: { SAUVEGARDE_IDENTITY: given }, statements: [] };
}

/** Grants reading one secret of a name or ARN in the configuration. */
export function secretAccess(stack: Stack, secret: string): Grant {
  return secretsAccess(stack, [arnOfSecret(stack, secret)]);
}

function secretsAccess(stack: Stack, secrets: string[]): Grant {
  if (secrets.length === 0) return { environment: {}, statements: [] };
  return {
    environment: {},
    statements: [
      allow(['secretsmanager:GetSecretValue'], secrets),
      // for a secret with its own key; that key's policy must admit this account's roles too
      ...[...Map.groupBy(secrets, (arn) => (Token.isUnresolved(arn) ? undefined : regionOfArn(arn)) ?? stack.region)].map(([region, there]) =>
        allow(['kms:Decrypt'], ['*'], {
          StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${stack.urlSuffix}` },
          StringLike: { 'kms:EncryptionContext:SecretARN': there },
        }),
      ),
    ],
    acknowledged: {
      'AwsSolutions-IAM5[Resource::*]': 'The key of a secret is not known here; the conditions allow it for these secrets by Secrets Manager alone.',
      ...Object.fromEntries(
        secrets.filter((arn) => arn.includes('?')).map((arn) => [finding(stack, arn), 'Secrets Manager adds six random characters to the name of a secret.']),
      ),
    },
  };
}

/** Returns the ARN of a secret. A name stands for an ARN that ends in six characters of AWS's choice. */
function arnOfSecret(stack: Stack, secret: string): string {
  return secret.startsWith('arn:') || Token.isUnresolved(secret)
    ? secret
    : `arn:${stack.partition}:secretsmanager:${stack.region}:${stack.account}:secret:${secret}-??????`;
}

function arnOfUser(stack: Stack, { host, user }: { host: string; user: string }): string {
  const region = regionOfServer(host) ?? stack.region;
  return `arn:${stack.partition}:rds-db:${region}:${stack.account}:dbuser:*/${user}`;
}

function unique(values: string[]): string[] {
  return [...new Set(values)].sort();
}
