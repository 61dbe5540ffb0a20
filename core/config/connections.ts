import * as z from 'zod';
import { secretName } from './secret-name.ts';

const secretMistake = "write env('NAME_OF_A_VARIABLE') or a text";
/** Name of an environment variable, as `env` gives it. */
export const variable = z.strictObject({ env: z.string(secretMistake).regex(/^[A-Za-z_][A-Za-z0-9_]*$/, secretMistake) });
/** A text, or the name of an environment variable that holds it. */
export const secret = z.union([z.string().min(1, secretMistake), variable], { error: secretMistake });

const tlsOf = {
  sslrootcert: z
    .string('write rds, or the path of a file of certificates')
    .min(1, 'write rds, or the path of a file of certificates')
    .default('rds')
    .describe("Authorities that may sign the server's certificate: those of Amazon RDS (`rds`), or those in a file."),
};
const host = z.string('write the name of a host').min(1, 'write the name of a host');
const port = z.int('write a port from 1 to 65535').min(1, 'write a port from 1 to 65535').max(65_535, 'write a port from 1 to 65535');
const databaseOnServer = z.string('write the name of a database').min(1, 'write the name of a database');
const user = z.string('write the name of a user').min(1, 'write the name of a user');
const connectionMistake = "write { url: env('DATABASE_URL') }, { secret: 'prod/main' } or { iam: { host, user, database } }";

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
      secret: secretName("write the name or ARN of a secret such as 'prod/main'").describe(
        "The name or ARN of a secret in AWS Secrets Manager: the JSON that RDS writes (`username`, `password`, `host`, `port`, `dbname`), or a URL as text. On one machine too, with AWS's usual credentials.",
      ),
      host: host.optional().describe('The server, if the secret does not name it or names another.'),
      port: port.optional().describe(`Its port; by default the one in the secret, or ${usualPort}.`),
      database: databaseOnServer.optional().describe('Name of the database.'),
      sslmode: z
        .enum(['disable', 'require', 'verify-ca', 'verify-full'], 'write "verify-full", "verify-ca", "require" or "disable"')
        .default('verify-full')
        .describe('Degree to which the server must prove its identity.'),
      ...tlsOf,
    }),
    iam: z.strictObject({
      iam: z.strictObject(
        {
          host: host.describe("The server's name as RDS gives it; a token holds for this name only."),
          port: port.default(usualPort).describe('Its port.'),
          user: user.describe(tokenUser),
          database: databaseOnServer.describe('Name of the database.'),
          ...tlsOf,
        },
        'write { host, user, database }',
      ),
    }),
  };
}

/** Makes the schema of the `connection` of a database on a server. */
export function connectionSchema(kind: ServerKind) {
  const { url, secret, iam } = connectionsTo(kind);
  return z
    .union([url, secret, iam], { error: connectionMistake })
    .describe('Its address: `{ url }`, `{ secret }` with anything that it lacks, or `{ iam }` for a token of RDS instead of a password.');
}
