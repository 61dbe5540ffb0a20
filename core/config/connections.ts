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
const connectionMistake = "write { url: env('DATABASE_URL') }, { secret: 'prod/main' } or { iam: { host, user, database } }";

/** What connections to one engine's servers have of their own. */
interface ServerKind {
  /** How a URL is described. */
  url: string;
  /** The usual one. */
  port: number;
  /** Of a user whom RDS admits by a token. */
  tokenUser: string;
}

/** The three ways in which a database on a server is reached; the one option that only it has tells which is meant. */
function waysTo({ url, port: usualPort, tokenUser }: ServerKind) {
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

/** In the order of `connectionSchema`. */
const kinds = ['url', 'secret', 'iam'] as const;

/** The `connection` of a database on a server. */
export function connectionSchema(kind: ServerKind) {
  const { url, secret, iam } = waysTo(kind);
  return z
    .union([url, secret, iam], { error: connectionMistake })
    .describe('Where it is: `{ url }`, `{ secret }` with what completes it, or `{ iam }` for a token of RDS instead of a password.');
}

/** Which of the union's options `given` means. */
export function connectionMeant(given: object): number {
  return kinds.indexOf('iam' in given ? 'iam' : 'secret' in given ? 'secret' : 'url');
}
