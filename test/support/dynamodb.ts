import { randomUUID } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { onTestFinished } from 'vitest';
import { newDynamodb } from '../../core/aws/clients.ts';
import { DynamodbCatalogue } from '../../core/catalogue/dynamodb/catalogue.ts';
import { awsEnvironment } from './aws.ts';
import { makeTables } from './dynamodb-tables.ts';
import { FaultProxy } from './fault-proxy.ts';

/** Two tables of a test's own, and the environment by which another process finds them. */
export interface Tables {
  tables: { records: string; audit: string };
  environment: Record<string, string>;
  /** Makes another client of the same tables. */
  catalogue(): DynamodbCatalogue;
  /** Client of the SDK, without a proxy in between. */
  client: DynamoDBDocumentClient;
  /** Proxy before the emulator. */
  proxy: FaultProxy;
}

/** Makes the catalogue's tables in the emulator, which keeps them. */
export async function dynamodbTables(given?: FaultProxy): Promise<Tables> {
  const environment = await awsEnvironment();
  const emulator = environment.AWS_ENDPOINT_URL ?? '';
  const proxy = given ?? (await ownProxy(emulator));
  const connection = (endpoint: string) =>
    newDynamodb({
      endpoint,
      region: environment.AWS_REGION ?? '',
      credentials: { accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '' },
    });
  const tables = { records: `records-${randomUUID()}`, audit: `audit-${randomUUID()}` };
  const owner = connection(emulator);
  await makeTables(owner, tables);
  return {
    tables,
    proxy,
    client: owner,
    environment: { ...environment, AWS_ENDPOINT_URL: proxy.endpoint },
    catalogue: () => new DynamodbCatalogue(connection(proxy.endpoint), tables),
  };
}

async function ownProxy(emulator: string): Promise<FaultProxy> {
  const proxy = await FaultProxy.before(emulator);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  return proxy;
}
