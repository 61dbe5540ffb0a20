import { posix } from 'node:path';
import type { Config, Database, Target } from '../core/config/config.ts';
import { type EndpointService, endpointsOf, type Place } from '../core/config/deployment.ts';
import { cardOf } from '../core/engines/cards.ts';
import { ConfigurationError } from '../core/errors.ts';

/**
 * Throws one ConfigurationError with everything in a valid configuration that AWS cannot do, and what to write instead.
 */
export function checkForAws(config: Config): void {
  const mistakes = [
    ...Object.entries(config.databases).flatMap(([name, database]) => unreachable(`databases.${name}`, database, config)),
    ...Object.entries(config.targets).flatMap(([name, target]) => unreachable(`targets.${name}`, target, config)),
    ...closedEndpoints(config),
    ...endpointsTwice(config),
    ...copyMistakes(config),
    ...notThere(config),
    ...unopened(config),
    ...(config.administrators.length === 0 ? ['administrators: there are none, so nobody would get mail about a failure; write at least one address'] : []),
    ...(/@localhost/.test(config.sender) ? [`sender: ${config.sender} cannot be verified with SES; write an address whose mail you can read`] : []),
  ];
  if (mistakes.length > 0) throw new ConfigurationError(`this configuration cannot be deployed to AWS:\n${mistakes.map((line) => `  ${line}`).join('\n')}`);
}

function unreachable(where: string, database: Database | Target, { places }: Pick<Config, 'places'>): string[] {
  if ('file' in database) return 'keep' in database ? unmounted(where, database, places) : [notWritten(where, database)];
  const { connection } = database;
  if ('url' in connection)
    return [
      `${where}.connection: ${typeof connection.url === 'string' ? 'a URL written here would lie readable in the functions' : `the environment variable ${connection.url.env} is not there on AWS`}; write { secret: 'name' } or { iam: { host, user, database } }`,
    ];
  const { sslrootcert } = 'iam' in connection ? connection.iam : connection;
  return sslrootcert === 'rds' ? [] : [`${where}.connection: the file ${sslrootcert} is not there on AWS; leave sslrootcert out, or write 'rds'`];
}

type InFile<Entry> = Extract<Entry, { file: string }>;

/**
 * Refuses files that lie on no mounted file system, or outside of it. A place that is not among `places` is one of
 * objects, whose access point was given with the file.
 */
function unmounted(where: string, { backedUpBy, engine, file, place }: InFile<Database>, places: Config['places']): string[] {
  const declared = place === undefined ? undefined : places[place];
  const isMounted = place !== undefined && (!declared || declared.accessPoint !== undefined);
  return [
    ...(isMounted
      ? []
      : [
          `${where}: a ${cardOf(engine).products[0].name} file is reached on AWS by an access point of EFS alone; write ${declared ? `places.${place}.accessPoint` : 'a place with an accessPoint'}, or back it up on its own machine with a configuration of its own ("npx sauvegarde local")`,
        ]),
    ...(isMounted && (posix.isAbsolute(file) || posix.normalize(file).startsWith('..'))
      ? [`${where}.file: ${JSON.stringify(file)} is not below the root of the access point; write a path from there, such as "app/app.db"`]
      : []),
    ...(backedUpBy === undefined ? [] : [`${where}.backedUpBy: names an instance of RDS, which holds no file; leave it out`]),
  ];
}

/** Refuses a file as a target: only its applications' own machine can stop them and see who has it open. */
function notWritten(where: string, { engine }: InFile<Target>): string {
  const product = cardOf(engine).products[0].name;
  return `${where}: a stack restores into no ${product} file: it may not write to EFS, and cannot see who has the file open there; download the backup and put it in place on a machine that mounts the file system (docs/restore.md, "A file on EFS")`;
}

/** Refuses addresses of webhooks and heartbeats that are not in Secrets Manager. */
function notThere({ databases, heartbeat, notify }: Config): string[] {
  const addresses = [
    ...notify.flatMap((way, index) => Object.entries(way).map(([name, address]) => [`notify.${index}.${name}`, address] as const)),
    ['heartbeat', heartbeat] as const,
    ...Object.entries(databases).map(([name, database]) => [`databases.${name}.heartbeat`, database.heartbeat] as const),
  ];
  return addresses.flatMap(([where, address]) =>
    address === undefined || (typeof address === 'object' && 'secret' in address)
      ? []
      : [`${where}: on AWS its address must be in Secrets Manager; write { secret: 'name' }`],
  );
}

/** Refuses an encryption with which nothing could be proven: a proof on AWS has nothing but the stored bytes. */
function unopened({ databases, encryption }: Config): string[] {
  if (!encryption) return [];
  const { identity } = encryption;
  if (identity) return 'secret' in identity ? [] : ["encryption.identity: on AWS it must be in Secrets Manager; write { secret: 'name' }"];
  const proven = Object.keys(databases).filter((name) => databases[name]?.proof !== 'off');
  return proven.length === 0
    ? []
    : [
        `encryption: there is no identity, and on AWS a proof has nothing but the stored bytes, so ${proven.join(', ')} could not be proven; write encryption.identity: { secret: 'name' }, or proof: 'off' for each`,
      ];
}

/** Refuses endpoints that could not be made, or that would cut off others in the VPC. */
function closedEndpoints(config: Config): string[] {
  return endpointsByPlace(config).flatMap(({ endpoints, name, place }) => {
    const byRoute = endpoints.filter((service) => service === 's3' || service === 'dynamodb');
    const byAddress = endpoints.filter((service) => service === 'logs' || service === 'secretsmanager');
    return [
      ...(byRoute.length > 0 && !place.routeTables
        ? [`places.${name}.routeTables: the endpoints of ${byRoute.join(' and ')} need them; write the route tables of its subnets`]
        : []),
      ...(byAddress.length > 0 && !place.cidrs
        ? [
            `places.${name}.cidrs: the endpoints of ${byAddress.join(' and ')} answer for the whole VPC, and would cut off whom they do not admit; write its address ranges, such as ["10.0.0.0/16"], or choose other endpoints`,
          ]
        : []),
    ];
  });
}

/**
 * Refuses a second endpoint of one service: for a route table, or with its private name in a VPC (VPC user guide,
 * "Gateway endpoints" and "Access an AWS service using an interface VPC endpoint").
 */
function endpointsTwice(config: Config): string[] {
  const there = new Map<string, string>();
  return endpointsByPlace(config).flatMap(({ endpoints, name, place }) =>
    endpoints.flatMap((service) => {
      const where = service === 's3' || service === 'dynamodb' ? (place.routeTables ?? []) : [place.vpc];
      const first = where.map((each) => there.get(`${service} ${each}`)).find((each) => each !== undefined);
      for (const each of where) there.set(`${service} ${each}`, first ?? name);
      return first === undefined
        ? []
        : [
            `places.${name}.endpoints: places.${first} makes the one of ${service} for this VPC or route table already; write those that are not there yet, or []`,
          ];
    }),
  );
}

/** Lists the endpoints that the stack makes in each place: for its dumps, or where there are none, for restores. */
export function endpointsByPlace({ databases, places, targets }: Pick<Config, 'databases' | 'places' | 'targets'>): {
  name: string;
  place: Place;
  endpoints: EndpointService[];
}[] {
  return Object.entries(places).flatMap(([name, place]) => {
    const of = <Entry extends Pick<Target, 'place'>>(entries: Record<string, Entry>) =>
      Object.fromEntries(Object.entries(entries).filter(([, entry]) => entry.place === name));
    const [from, into] = [of(databases), of(targets)];
    if (Object.keys(from).length > 0) return [{ name, place, endpoints: endpointsOf(place, usesSecrets({ ...from, ...into })) }];
    if (Object.keys(into).length > 0) return [{ name, place, endpoints: endpointsOfTargets(place, into) }];
    return [];
  });
}

/** Refuses a copy that S3 would not make. */
function copyMistakes({ aws: { copy, objectLock } }: Config): string[] {
  if (!copy) return [];
  return [
    ...(copy.account === copy.from
      ? [`aws.copy.account: ${copy.account} is the account of the stack too, whose administrators could delete the copies; write another account`]
      : []),
    ...(objectLock && copy.lockDays === undefined
      ? ['aws.copy.lockDays: the vault is locked, and S3 copies it into a bucket with a lock alone; write a number of days']
      : []),
  ];
}

/** Returns the copy of a configuration. Throws ConfigurationError if there is none. */
export function copyOf(config: Config): NonNullable<Config['aws']['copy']> {
  checkForAws(config);
  if (!config.aws.copy) throw new ConfigurationError('aws.copy: nothing was given, so there is no bucket to make; write { account, region, bucket, from }');
  return config.aws.copy;
}

/** Lists the endpoints that restores need where nothing is dumped: they record nothing themselves. */
function endpointsOfTargets(place: Place, targets: Config['targets']): EndpointService[] {
  return endpointsOf(place, usesSecrets(targets)).filter((service) => service === 's3' || service === 'secretsmanager');
}

/** Returns true if a secret must be read to connect to one of them. */
function usesSecrets(reached: Record<string, Database | Target>): boolean {
  return Object.values(reached).some((each) => 'connection' in each && 'secret' in each.connection);
}
