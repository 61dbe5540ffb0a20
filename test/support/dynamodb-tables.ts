import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { auditTable, recordsTable } from '../../core/catalogue/dynamodb/tables.ts';

/** Makes the catalogue's two tables under these names. */
export async function makeTables(client: DynamoDBDocumentClient, { records, audit }: { records: string; audit: string }): Promise<void> {
  for (const [name, keys] of [[records, recordsTable] as const, [audit, auditTable] as const])
    await client.send(
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
}
