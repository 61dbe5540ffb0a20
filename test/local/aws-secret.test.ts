import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { beforeEach, expect, it, vi } from 'vitest';
import type { ConfigInput } from '../../core/config/config.ts';
import { postgresEngine } from '../../core/engines/postgres/engine.ts';
import { ConfigurationError } from '../../core/errors.ts';
import { awsEnvironment, describeAws } from '../support/aws.ts';
import { testWork } from '../support/engine-work.ts';
import { testPlatform } from '../support/platform.ts';
import { query } from '../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../support/postgres-servers.ts';
import { literal, newRole } from '../support/postgres-work.ts';

const password = `p@ss:w/o?r#d%41 'q"b\\s&=é`;

/** What a local platform finds at a database that is reached so. */
async function examined(connection: object) {
  const platform = await testPlatform({ config: { databases: { app: { engine: 'postgres', connection } } } as Partial<ConfigInput> });
  const { app } = platform.config.databases;
  if (!app) throw new Error('no database is configured');
  return postgresEngine.examine(app, { ...testWork(), reveal: platform.reveal });
}

async function newSecret(text: string): Promise<string> {
  const name = `prod/${randomUUID()}`;
  await new SecretsManagerClient().send(new CreateSecretCommand({ Name: name, SecretString: text }));
  return name;
}

describeAws('on one machine with AWS credentials', () => {
  beforeEach(async () => {
    for (const [name, value] of Object.entries(await awsEnvironment())) vi.stubEnv(name, value);
    return () => vi.unstubAllEnvs();
  });

  it('a database is reached by its secret, as RDS writes it', async () => {
    const server = await postgresServer(18);
    const username = await newRole(server, { options: `PASSWORD ${literal(password)}` });
    const dbname = await newDatabase(server);
    await query(server, 'CREATE TABLE t (id integer)', { database: dbname });
    const { host, port } = server;
    const secret = await newSecret(JSON.stringify({ username, password, engine: 'postgres', host, port, dbname }));
    expect(await examined({ secret, sslmode: 'disable' })).toMatchObject({ tables: 1 });
    const managed = await newSecret(JSON.stringify({ username, password }));
    expect(await examined({ secret: managed, host, port, database: dbname, sslmode: 'disable' })).toMatchObject({ tables: 1 });
  });

  it('a secret that lacks a key is told by name, and no value with it', async () => {
    const secret = await newSecret(JSON.stringify({ username: 'me', password: 'hunter2', host: '127.0.0.1' }));
    const error = await examined({ secret }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain(`"${secret}" lacks the key "dbname"`);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
  });

  it('a secret that is not there is told by name', async () => {
    await expect(examined({ secret: 'prod/nowhere' })).rejects.toThrow('the secret "prod/nowhere" is not in Secrets Manager');
  });
});
