import * as z from 'zod';

const secretMistake = "write env('NAME_OF_A_VARIABLE') or a text";
/** A text, or the name of an environment variable that holds it. */
export const secret = z.union(
  [z.string().min(1, secretMistake), z.strictObject({ env: z.string(secretMistake).regex(/^[A-Za-z_][A-Za-z0-9_]*$/, secretMistake) })],
  {
    error: secretMistake,
  },
);

const tlsOf = {
  sslrootcert: z
    .string('write rds, or the path of a file of certificates')
    .min(1, 'write rds, or the path of a file of certificates')
    .default('rds')
    .describe("Who must have signed the server's certificate: the authorities of Amazon RDS (`rds`), or those in a file."),
};
const host = z.string('write the name of a host').min(1, 'write the name of a host');
const port = z.int('write a port from 1 to 65535').min(1, 'write a port from 1 to 65535').max(65_535, 'write a port from 1 to 65535');
const databaseOnServer = z.string('write the name of a database').min(1, 'write the name of a database');
const user = z.string('write the name of a user').min(1, 'write the name of a user');
export const connectionMistake = "write { url: env('DATABASE_URL') }, { secret: 'prod/main' } or { iam: { host, user, database } }";

/** Peculiarities of connections to one engine's servers. */
interface ServerKind {
  /** Description of a URL. */
  url: string;
  /** Default port. */
  port: number;
  /** Description of a user whom RDS admits by a token. */
  tokenUser: string;
}

/** Makes the three kinds of connections; the one option that only it has tells each from the others. */
function connectionsTo({ url, port: usualPort, tokenUser }: ServerKind) {
  return {
    url: z.strictObject({ url: secret.describe(url) }),
    secret: z.strictObject({
      secret: z
        .string("write the name or ARN of a secret such as 'prod/main'")
        .min(1, "write the name or ARN of a secret such as 'prod/main'")
        .describe(
          "The name or ARN of a secret in AWS Secrets Manager: the JSON that RDS writes (`username`, `password`, `host`, `port`, `dbname`), or a URL as text. On one machine too, with AWS's usual credentials.",
        ),
      host: host.optional().describe('What the secret does not say or should not: the server.'),
      port: port.optional().describe(`Its port; ${usualPort} when the secret does not say it either.`),
      database: databaseOnServer.optional().describe('The database.'),
      sslmode: z
        .enum(['disable', 'require', 'verify-ca', 'verify-full'], 'write "verify-full", "verify-ca", "require" or "disable"')
        .default('verify-full')
        .describe('How far the server must prove who it is.'),
      ...tlsOf,
    }),
    iam: z.strictObject({
      iam: z.strictObject(
        {
          host: host.describe("The server's name as RDS gives it; a token holds for this name only."),
          port: port.default(usualPort).describe('Its port.'),
          user: user.describe(tokenUser),
          database: databaseOnServer.describe('The database.'),
          ...tlsOf,
        },
        'write { host, user, database }',
      ),
    }),
  };
}

export const connections = connectionsTo({
  url: "`env('DATABASE_URL')` with `postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=/path/ca.pem`; `sslrootcert=rds` stands for the authorities of Amazon RDS. A direct connection: a pooler cannot share a snapshot.",
  port: 5432,
  tokenUser: 'A user who has the role rds_iam.',
});

export const mysqlConnections = connectionsTo({
  url: "`env('DATABASE_URL')` with `mysql://user:password@host:3306/database?ssl-mode=VERIFY_IDENTITY&ssl-ca=/path/ca.pem`; `mariadb://` means the same. Without `ssl-mode` the server must prove who it is, unless it is on this machine; without `ssl-ca` to the authorities that everybody knows or those of Amazon RDS (`rds`).",
  port: 3306,
  tokenUser: 'A user who is identified by AWSAuthenticationPlugin.',
});

/** Returns the kind of connection that `given` means. */
export function connectionKind(given: object): keyof typeof connections {
  return 'iam' in given ? 'iam' : 'secret' in given ? 'secret' : 'url';
}
