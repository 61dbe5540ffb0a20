import { expect, it } from 'vitest';
import { howToRestoreKey } from '../../../../core/names.ts';
import { open } from '../../../../core/operations/backup/open.ts';
import { noteStanding } from '../../../../core/operations/keeping/standing.ts';
import { describeAws } from '../../../support/aws.ts';
import { dynamodbTables } from '../../../support/dynamodb.ts';
import { request, testPlatform } from '../../../support/platform.ts';
import { backupOf } from '../../../support/records.ts';

const names = ['main', 'shop', 'blog'];

describeAws('opening a run, with a catalogue in DynamoDB', () => {
  it('reads the record of its database, and no list of backups or databases', async () => {
    const { proxy, catalogue } = await dynamodbTables();
    const platform = { ...(await testPlatform({ rows: 1 })), catalogue: catalogue() };
    await platform.vault.create(howToRestoreKey, text());
    for (const database of names) {
      for (const day of ['19', '20', '21']) await platform.catalogue.backups.add(backupOf(`2026-11-${day}T02:00:00Z`, { database }));
      await noteStanding(platform, database);
    }
    proxy.calls.length = 0;
    const input = { ...request('2026-11-22T02:00:00Z'), execution: 'one' };
    expect(await open({ ...platform, catalogue: catalogue() }, input)).toMatchObject({ served: false, prove: true, compute: 'function' });
    const queried = proxy.calls.filter(({ operation }) => operation === 'Query').map(({ body }) => JSON.parse(body).ExpressionAttributeValues[':pk'].S);
    expect(queried).toEqual(['chain']);
    expect(await platform.catalogue.standings.get('main')).toMatchObject({ published: 3, lastRun: { id: 'main-20261122_020000Z' } });
  });
});

async function* text(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('how to restore');
}
