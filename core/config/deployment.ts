import * as z from 'zod';
import { addresses } from './addresses.ts';
import { copyOutOfReach } from './copy-out-of-reach.ts';
import { eachOnce } from './each-once.ts';
import { secretName } from './secret-name.ts';

/** Makes the schema of a list of ids; `prefix` is AWS's for their kind. */
function ids(prefix: string, least: number) {
  const mistake = `write a list of ids such as "${prefix}-0123456789abcdef0"`;
  return z
    .array(z.string(mistake).regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), mistake), mistake)
    .min(least, mistake)
    .superRefine(eachOnce('id'));
}

const placeName = "write the name of one of `places`, such as 'private'";
/** Place from which a database is reached on AWS; without one it is reached over the internet. */
export const placeOfDatabase = z
  .string(placeName)
  .min(1, placeName)
  .optional()
  .describe('On AWS: the one of `places` from which it is reached. Without one it is reached over the internet.');

const instance = 'write the ARN of an instance of RDS such as "arn:aws:rds:eu-west-3:123456789012:db:prod", of no cluster';
/** Instance of RDS that holds a database and that AWS Backup backs up. */
export const backedUpBy = z
  .string(instance)
  .regex(/^arn:[a-z-]+:rds:[a-z0-9-]+:\d{12}:db:[A-Za-z][A-Za-z0-9-]{0,62}$/, instance)
  .optional()
  .describe(
    "On AWS: the ARN of the instance of RDS that holds it, if AWS Backup backs that up too. The stack then reads what each restore test of AWS Backup has restored, compares it with this database's backups, and tells AWS Backup the result ([deploy.md](deploy.md#backups-by-aws-backup)).",
  );

/**
 * Services that dumps reach, each by an endpoint where there is no internet: by route tables, or by addresses in
 * subnets.
 */
export const endpointServices = ['s3', 'dynamodb', 'logs', 'secretsmanager'] as const;
export type EndpointService = (typeof endpointServices)[number];

const accessPoint = 'write the ARN of an access point of EFS such as "arn:aws:elasticfilesystem:eu-west-3:123456789012:access-point/fsap-0123456789abcdef0"';
const cidr = 'write a list of address ranges such as ["10.0.0.0/16"]';
const vpc = 'write the id of a VPC such as "vpc-0123456789abcdef0"';
const place = z.strictObject(
  {
    vpc: z
      .string(vpc)
      .regex(/^vpc-[0-9a-f]{8,17}$/, vpc)
      .describe('The VPC.'),
    subnets: ids('subnet', 1).describe('Its subnets from which the database can be reached.'),
    securityGroups: ids('sg', 1).describe("Security groups whose members the database's own security group admits, on its port."),
    accessPoint: z
      .string(accessPoint)
      .regex(/^arn:[a-z-]+:elasticfilesystem:[a-z0-9-]+:\d{12}:access-point\/fsap-[0-9a-f]{8,40}$/, accessPoint)
      .optional()
      .describe(
        'The ARN of an access point of EFS below which databases of this place are files. Its file system has a mount target in the zone of each of the subnets ([deploy.md](deploy.md#files-on-efs)).',
      ),
    routeTables: ids('rtb', 1)
      .optional()
      .describe(
        'The route tables of these subnets: the stack then makes the endpoints through which S3, DynamoDB, CloudWatch Logs and Secrets Manager are reached. Leave it out where a NAT gateway or endpoints are there already.',
      ),
    endpoints: z
      .array(z.enum(endpointServices, 'write "s3", "dynamodb", "logs" or "secretsmanager"'), 'write a list such as ["s3", "dynamodb"]')
      .superRefine(eachOnce('service'))
      .optional()
      .describe(
        "The endpoints that the stack makes, such as `['s3', 'dynamodb']` where those of the other services are there already. All that dumps need by default, if there are `routeTables`.",
      ),
    cidrs: z
      .array(z.cidrv4(cidr), cidr)
      .min(1, cidr)
      .superRefine(eachOnce('range'))
      .optional()
      .describe(
        'The address ranges of the VPC, such as `["10.0.0.0/16"]`. The endpoints of CloudWatch Logs and Secrets Manager admit them: their private names hold for the whole VPC, so everything else in it reaches these services through them too.',
      ),
    endpointSubnets: ids('subnet', 1)
      .optional()
      .describe('The subnets in which these two endpoints have addresses: at most one in each availability zone. The first of `subnets` by default.'),
  },
  'write { vpc, subnets, securityGroups }',
);

export const places = z
  .record(z.string(), place, 'write { name: { vpc, subnets, securityGroups } }')
  .default({})
  .describe('Places on AWS from which databases are reached, by names of letters, digits and hyphens.');

const days = 'write a whole number of days from 1 to 36500';
const objectLock = z.strictObject({ days: z.int(days).min(1, days).max(36_500, days) }, 'write { days }');

const afterDays = 'write a whole number of days from 30 to 36500';
const storageClass = 'write "STANDARD_IA", "INTELLIGENT_TIERING" or "GLACIER_IR"';
const coldStorage = z.strictObject(
  {
    afterDays: z.int(afterDays).min(30, afterDays).max(36_500, afterDays).describe('Days after which an object moves.'),
    // the other classes of Glacier must be asked hours before an object can be read
    storageClass: z.enum(['STANDARD_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'], storageClass).default('STANDARD_IA').describe('Class of S3 that it moves to.'),
  },
  'write { afterDays, storageClass }',
);

const authMistake = "write 'cognito', or { issuer, clientId }";
const provider = z.strictObject(
  {
    issuer: z
      .url({ protocol: /^https$/, error: 'write an address such as "https://login.example.org"' })
      .describe('The OpenID Connect issuer: `/.well-known/openid-configuration` is below it.'),
    clientId: z
      .string('write the id of a client')
      .min(1, 'write the id of a client')
      .describe("The client's id there. Its redirect address is the console's (an output of the stack) with `/signed-in`."),
    clientSecret: z
      .strictObject({ secret: secretName("write the name or ARN of a secret such as 'prod/console'") }, 'write { secret }')
      .optional()
      .describe("`{ secret }`: the name or ARN of a secret in AWS Secrets Manager whose text is the client's secret. Leave it out for a public client."),
    group: z.string('write the name of a group').min(1, 'write the name of a group').default('sauvegarde').describe('The group whose members may enter.'),
    groupClaim: z
      .string('write the name of a claim')
      .min(1, 'write the name of a claim')
      .default('groups')
      .describe('The claim of ID tokens that lists the groups of a person.'),
  },
  authMistake,
);
const awsConsole = z.strictObject(
  {
    auth: z
      .union([z.literal('cognito'), provider], { error: authMistake })
      .default('cognito')
      .describe(
        "Who may enter: `'cognito'` makes a user pool with the `administrators`, who get a mail with a first password; `{ issuer, clientId, clientSecret, group, groupClaim }` asks an OpenID Connect provider of yours.",
      ),
  },
  'write { auth }, or false for no console',
);
export type Provider = z.output<typeof provider>;

/** Days for which CloudWatch Logs can keep a line (its API reference, PutRetentionPolicy). */
const logDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;
const tag = 'write a text of 1 to 256 characters';
const boundary = 'write the name or the ARN of a managed policy such as "developers-boundary"';
const key = 'write the ARN of a key such as "arn:aws:kms:eu-west-3:123456789012:key/01234567-89ab-cdef-0123-456789abcdef", no alias';
const atOnce = 'write a whole number from 1 to 1000';
const stackName = 'write letters, digits and hyphens, a letter first, 100 at most';
export const aws = z.strictObject(
  {
    stack: z
      .string(stackName)
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/, stackName)
      .default('sauvegarde')
      .describe("The CloudFormation stack's name."),
    objectLock: objectLock
      .optional()
      .describe(
        '`{ days }`: for this time after writing, no version in the vault can be deleted, except by users whom IAM lets bypass governance (S3 Object Lock). Decide before the first deployment.',
      ),
    coldStorage: coldStorage
      .optional()
      .describe(
        '`{ afterDays, storageClass }`: objects of the vault that are this old move to a class of S3 that costs less to keep and more to read, for backups that are kept long. Each is read as before, without waiting.',
      ),
    senderVerified: z
      .boolean('write true or false')
      .default(false)
      .describe(
        '`true` when `sender`, or its domain, is already an identity of SES in this account and region, even of another stack of Sauvegarde: this stack then makes none.',
      ),
    proofPlace: z
      .string(placeName)
      .min(1, placeName)
      .optional()
      .describe(
        'The one of `places` in which backups are proven. Without one the stack makes a VPC from which only the vault can be reached. A place that you name must reach S3; a restored database could reach everything else that it reaches.',
      ),
    console: z
      .union([z.literal(false), awsConsole], { error: 'write { auth }, or false for no console' })
      .prefault({})
      .describe("The administrators' pages: `{ auth }`, or `false` for none. Their address is an output of the stack."),
    atOnce: z
      .int(atOnce)
      .min(1, atOnce)
      .max(1000, atOnce)
      .optional()
      .describe(
        'Number of dumps, and of proofs of one kind, that may run at once; the others wait for them. Without it as many run as the account lets. It is taken from the quota of the whole account, of which AWS leaves 100 to everybody.',
      ),
    architecture: z
      .enum(['arm64', 'x64'], "write 'arm64' or 'x64'")
      .default('arm64')
      .describe("Processors of the functions and builds: `'arm64'`, which costs less, or `'x64'` for a region or an account that has no builds on Arm."),
    tags: z
      .record(z.string().min(1, tag).max(128, tag), z.string(tag).max(256, tag), 'write { name: value }')
      .default({})
      .describe('Tags for everything in the stack that can have some, such as `{ team: "data" }`.'),
    logDays: z
      .literal([...logDays], `write one of the numbers of days that CloudWatch Logs knows: ${logDays.join(', ')}`)
      .default(90)
      .describe('Days for which the logs of functions, builds, workflow and console are kept.'),
    permissionsBoundary: z
      .string(boundary)
      .regex(/^(arn:[a-z-]+:iam::(\d{12}|aws):policy\/)?[\w+=,.@/-]{1,512}$/, boundary)
      .optional()
      .describe('A managed policy, by its name in this account or its ARN, that bounds every role of the stack, for accounts that allow no roles without one.'),
    key: z
      .string(key)
      .regex(/^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/, key)
      .optional()
      .describe(
        'The ARN of a KMS key of yours, in the region of the stack, that encrypts the vault, the tables, the queue and the topic of alarms, and the logs. Without one AWS encrypts them with keys of its own. Its policy must admit what [deploy.md](deploy.md#a-key-of-your-own) says. What was written before stays as it was.',
      ),
    copy: copyOutOfReach
      .optional()
      .describe(
        '`{ account, region, bucket, from, lockDays, key }`: S3 copies every backup into a bucket of another account and region, from where nobody of this account can remove it ([deploy.md](deploy.md#copies-out-of-reach)).',
      ),
    alarmsTo: addresses
      .optional()
      .describe(
        'Addresses that get alarms from CloudWatch when Sauvegarde itself cannot send mail; `administrators` by default. Each address gets a message to confirm.',
      ),
  },
  'write { stack, objectLock, coldStorage, senderVerified, proofPlace, console, atOnce, architecture, tags, logDays, permissionsBoundary, key, copy, alarmsTo }',
);

export type Place = z.output<typeof place>;

/**
 * Returns the endpoints that the stack makes for dumps from a place. `secrets`: true if Secrets Manager must be
 * reached.
 */
export function endpointsOf({ endpoints, routeTables }: Place, secrets: boolean): EndpointService[] {
  if (endpoints) return endpoints;
  return routeTables ? endpointServices.filter((service) => service !== 'secretsmanager' || secrets) : [];
}

/** Lists, as sentences, names of places that are not among `places`, and those that no place can have. */
export function placesThatAreNot({
  databases,
  targets,
  places: known,
  aws: { proofPlace },
}: {
  databases: Record<string, { place?: string | undefined }>;
  targets: Record<string, { place?: string | undefined }>;
  places: Record<string, unknown>;
  aws: { proofPlace?: string | undefined };
}): { path: string[]; message: string }[] {
  const wanted = [
    ...Object.entries(databases).map(([name, { place }]) => ({ path: ['databases', name, 'place'], place })),
    ...Object.entries(targets).map(([name, { place }]) => ({ path: ['targets', name, 'place'], place })),
    { path: ['aws', 'proofPlace'], place: proofPlace },
  ];
  const message = `write one of places (${Object.keys(known).join(', ') || 'there are none'}), or add it there`;
  const misnamed = Object.keys(known).filter((name) => !/^[A-Za-z][A-Za-z0-9-]{0,39}$/.test(name));
  const rule = 'has a name that no place can have; write letters, digits and hyphens, a letter first, 40 at most';
  return [
    ...misnamed.map((name) => ({ path: ['places', name], message: rule })),
    ...wanted.flatMap(({ path, place }) => (place === undefined || Object.hasOwn(known, place) ? [] : [{ path, message }])),
  ];
}
