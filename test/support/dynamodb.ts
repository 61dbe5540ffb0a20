import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { onTestFinished } from 'vitest';
import { newDynamodb } from '../../core/aws/clients.ts';
import { DynamodbCatalogue } from '../../core/catalogue/dynamodb/catalogue.ts';
import { auditTable, recordsTable } from '../../core/catalogue/dynamodb/tables.ts';
import { awsEnvironment } from './aws.ts';
import { listening } from './mail-server.ts';

/** What DynamoDB is asked: `PutItem`, `TransactWriteItems` … and the request's body. */
export interface Asked {
  operation: string;
  body: string;
}

/** What becomes of a request: undefined, it is carried out; `lost`, it is carried out and nobody hears of it; else this error is the answer. */
export type Fault = (asked: Asked) => undefined | 'lost' | { status: number; type: string; more?: object };

/** Two tables of a test's own, and how another process finds them. */
export interface Tables {
  tables: { records: string; audit: string };
  environment: Record<string, string>;
  /** Another client of the same tables. */
  catalogue(): DynamodbCatalogue;
  /** The SDK's client, before which no server stands. */
  client: DynamoDBDocumentClient;
  /** Every request so far. */
  asked: Asked[];
}

/** Makes the catalogue's tables in the emulator, behind a server that may answer with faults. They are left to it. */
export async function dynamodbTables(fault: Fault = () => undefined): Promise<Tables> {
  const asked: Asked[] = [];
  const environment = await awsEnvironment();
  const endpoint = await before(environment.AWS_ENDPOINT_URL ?? '', (each) => {
    asked.push(each);
    return fault(each);
  });
  const connection = (endpointUrl: string) =>
    newDynamodb({
      endpoint: endpointUrl,
      region: environment.AWS_REGION ?? '',
      credentials: { accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '' },
    });
  const tables = { records: `records-${randomUUID()}`, audit: `audit-${randomUUID()}` };
  const owner = connection(environment.AWS_ENDPOINT_URL ?? '');
  for (const [name, keys] of [[tables.records, recordsTable] as const, [tables.audit, auditTable] as const])
    await owner.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: keys.partitionKey.name, KeyType: 'HASH' },
          { AttributeName: keys.sortKey.name, KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [keys.partitionKey, keys.sortKey].map(({ name: AttributeName, type: AttributeType }) => ({ AttributeName, AttributeType })),
      }),
    );
  return {
    tables,
    asked,
    client: owner,
    environment: { ...environment, AWS_ENDPOINT_URL: endpoint },
    catalogue: () => new DynamodbCatalogue(connection(endpoint), tables),
  };
}

/**
 * A server before the emulator that is closer to DynamoDB in two things: requests take effect one after the other (moto's transactions undo what came at the same time), and a transaction that is sent
 * again with its token is answered as it was and not carried out again (API reference, TransactWriteItems, ClientRequestToken).
 */
async function before(target: string, fault: Fault): Promise<string> {
  const answers = new Map<string, { status: number; text: string }>();
  let turn: Promise<unknown> = Promise.resolve();
  const server = createServer(async (request, response) => {
    const body = (await buffer(request)).toString();
    const headers = Object.fromEntries(['content-type', 'x-amz-target', 'authorization', 'x-amz-date'].map((name) => [name, String(request.headers[name])]));
    const token = (JSON.parse(body) as { ClientRequestToken?: string }).ClientRequestToken;
    const carriedOut = async () => {
      const known = token === undefined ? undefined : answers.get(token);
      if (known) return known;
      const answer = await fetch(target, { method: 'POST', headers, body });
      const kept = { status: answer.status, text: await answer.text() };
      if (token !== undefined && answer.ok) answers.set(token, kept);
      return kept;
    };
    const wrong = fault({ operation: headers['x-amz-target']?.split('.')[1] ?? '', body });
    if (typeof wrong === 'object') {
      response.writeHead(wrong.status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${wrong.type}`, message: `a ${wrong.type}`, ...wrong.more }));
      return;
    }
    const mine = turn.then(carriedOut);
    turn = mine.catch(() => undefined);
    const { status, text } = await mine;
    if (wrong === 'lost') return void response.destroy();
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
  }).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return `http://127.0.0.1:${port}`;
}
