import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type Config, type ConfigInput, parseConfig } from '../core/config/config.ts';
import { serverCards } from '../core/engines/cards.ts';
import { ConfigurationError } from '../core/errors.ts';
import type { DeployedValues } from './constructs/deployed-values.ts';
import type { DatabaseObjects, ServerObjects } from './database-objects.ts';
import type { SauvegardeDatabase, SauvegardeProps } from './sauvegarde-props.ts';

type DatabaseInput = ConfigInput['databases'][string];
/** Finds or makes the place of a database. Returns its name. */
export type PlaceOf = (database: DatabaseObjects, path: string) => string | undefined;

/**
 * Makes the configuration of what a CDK app gives: names of secrets, addresses and places for its objects, and
 * stand-ins for what only the deployment knows. Throws ConfigurationError with every mistake.
 */
export function configured({ assets: _, encryptionKey: __, ...props }: SauvegardeProps, values: DeployedValues, origin: string, placeOf: PlaceOf): Config {
  const ports = new Map<string, number>();
  const placed = new Map<string, string>();
  const databases = Object.entries(props.databases).map(([name, database]): [string, DatabaseInput] => {
    if (!isOfObjects(database)) return [name, database];
    const path = `databases.${name}`;
    const port = 'file' in database ? undefined : (database.port ?? portOf(database));
    if (port !== undefined) ports.set(name, port);
    const place = placeOf(database, path);
    if (place !== undefined) placed.set(name, place);
    return [name, 'file' in database ? inputOfFile(database, values) : inputOf(database, path, values)];
  });
  const { heartbeat } = props;
  const config = parseConfig(
    {
      ...props,
      databases: Object.fromEntries(databases),
      ...(heartbeat !== undefined && { heartbeat: isSecret(heartbeat) ? { secret: values.secret(heartbeat) } : heartbeat }),
    },
    origin,
  );
  for (const [name, database] of Object.entries(config.databases)) {
    const port = ports.get(name);
    if (port !== undefined && 'connection' in database) withPort(database.connection, values.number(port));
    const place = placed.get(name);
    if (place !== undefined) database.place = place;
  }
  return config;
}

type OfObjects = Extract<SauvegardeDatabase, DatabaseObjects>;

function isOfObjects(database: SauvegardeDatabase): database is OfObjects {
  return 'accessPoint' in database || !('connection' in database || 'file' in database);
}

function inputOfFile(
  { accessPoint: _, heartbeat, securityGroups: __, subnets: ___, vpc: ____, ...options }: Extract<OfObjects, { file: string }>,
  values: DeployedValues,
): DatabaseInput {
  return { ...options, ...(heartbeat && { heartbeat: { secret: values.secret(heartbeat) } }) };
}

function inputOf(
  {
    connections: _,
    engine: given,
    heartbeat,
    host,
    iamUser,
    instance,
    port: __,
    secret,
    securityGroups: ___,
    subnets: ____,
    vpc: _____,
    database,
    ...options
  }: Exclude<OfObjects, { file: string }>,
  path: string,
  values: DeployedValues,
): DatabaseInput {
  const engine = given ?? engineOf(instance?.engine?.engineType);
  if (engine === undefined)
    throw new ConfigurationError(`${path}.engine: nothing says which it is; write engine: ${serverCards.map(({ name }) => `'${name}'`).join(' or ')}`);
  const address = host ?? addressOf(instance);
  const reached = { ...(address !== undefined && { host: values.text(address) }), ...(database !== undefined && { database: values.text(database) }) };
  if ((secret === undefined) === (iamUser === undefined))
    throw new ConfigurationError(
      `${path}: ${secret ? 'a secret and a user for tokens were given; leave one out' : 'nobody was named who may read it; give secret, or iamUser'}`,
    );
  const connection = secret ? { secret: values.secret(secret), ...reached } : { iam: { ...reached, user: iamUser } };
  return { ...options, engine, connection, ...(heartbeat && { heartbeat: { secret: values.secret(heartbeat) } }) } as DatabaseInput;
}

function isSecret(given: NonNullable<SauvegardeProps['heartbeat']>): given is ISecret {
  return typeof given === 'object' && 'secretArn' in given;
}

/** Returns the engine by RDS's name for it: a scheme of its addresses, with or without "aurora-" before it. */
function engineOf(type: string | undefined): ServerObjects['engine'] {
  const scheme = `${type?.replace(/^aurora-/, '')}:`;
  return serverCards.find(
    ({ products, reach: { schemes } }) => schemes.some((each) => each === scheme) || products.some(({ family }) => `${family}:` === scheme),
  )?.name;
}

function addressOf(instance: ServerObjects['instance']): string | undefined {
  return instance && ('clusterEndpoint' in instance ? instance.clusterEndpoint.hostname : instance.dbInstanceEndpointAddress);
}

function portOf({ instance }: ServerObjects): number | undefined {
  return instance && ('clusterEndpoint' in instance ? instance.clusterEndpoint.port : instance.instanceEndpoint.port);
}

/** Writes a port into a connection; the schema would refuse what stands for one that only the deployment knows. */
function withPort(connection: Extract<Config['databases'][string], { connection: unknown }>['connection'], port: number): void {
  if ('iam' in connection) connection.iam.port = port;
  else if ('secret' in connection) connection.port = port;
}
