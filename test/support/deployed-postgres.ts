import { randomBytes } from 'node:crypto';
import type { ExecutionEnd } from '../../core/workflow/execution.ts';
import { type DatabaseWith, type Deployment, deploy } from './deployment.ts';
import type { ServerAddress } from './postgres-server.ts';
import { newDatabase, preparedDatabase } from './postgres-servers.ts';
import { literal, newRole, urlOf } from './postgres-work.ts';
import type { Sandbox } from './sandbox.ts';

type Key = NonNullable<NonNullable<Parameters<typeof deploy>[3]>['key']>;

/**
 * A deployment whose database `main` is on a real server, with a role that may read everything and has a password of
 * its own.
 */
export interface DeployedPostgres extends Deployment {
  server: ServerAddress;
  /** Name on the server. */
  database: string;
  password: string;
  /** Writes the secret as RDS does, with changes. */
  secretText(changes?: object): string;
}

export const seeded = { tables: 2, rows: 203 };

export const seed = `CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL); INSERT INTO person SELECT n, 'Person ' || n FROM generate_series(1, 200) n;
  CREATE TABLE kind (name text); INSERT INTO kind VALUES ('a'), ('b'), (NULL);`;
const seededDatabase = preparedDatabase(seed);

/** Deploys with a database that all tests of a file share; `target` makes the secret of a target. */
export async function deployWithPostgres(
  main?: DatabaseWith,
  sandbox?: Sandbox,
  source = seededDatabase,
  { key, target }: { key?: Key; target?: (server: ServerAddress) => Promise<string> } = {},
): Promise<DeployedPostgres> {
  const { server, database } = await source();
  const password = `hidden-${randomBytes(12).toString('base64url')}`;
  const username = await newRole(server, { options: `IN ROLE pg_read_all_data PASSWORD ${literal(password)}` });
  const secretText = (changes: object = {}) =>
    JSON.stringify({ engine: 'postgres', host: server.host, port: server.port, username, password, dbname: database, ...changes });
  const made = { ...(key && { key }), ...(target && { target: await target(server) }) };
  return { ...(await deploy(secretText(), main, sandbox, made)), server, database, password, secretText };
}

/** Gives a slot of `main` to `start` as the Scheduler does, and runs the execution. */
export async function serve(deployed: Deployment, scheduled: string, options: Parameters<Deployment['execute']>[1] = {}): Promise<ExecutionEnd> {
  await deployed.invoke('start', { database: 'main', scheduled });
  const execution = deployed.started.shift();
  if (!execution) throw new Error('start started nothing');
  return deployed.execute(execution, options);
}

/** Makes an empty database for a target, and the text of its secret. */
export async function emptyTarget(server: ServerAddress): Promise<string> {
  return urlOf(server, await newDatabase(server), { parameters: { sslmode: 'disable' } });
}
