import { expect, it } from 'vitest';
import type { Backup } from '../../../../core/catalogue/backups.ts';
import { newestOf, type Part } from '../../../../core/catalogue/dynamodb/newest.ts';
import { newestFirst } from '../../../../core/catalogue/order.ts';
import { expectParts } from '../../../port-contracts/parts.ts';
import { backupOf } from '../../../support/records.ts';

const days = ['25', '24', '23', '22'];
const all = days
  .flatMap((day) => ['main', 'main-2', 'shop'].flatMap((database) => (['manual', 'scheduled'] as const).map((kind) => ({ day, database, kind }))))
  .map(({ day, ...rest }) => backupOf(`2026-11-${day}T05:00:00Z`, rest))
  .sort(newestFirst);

/** What a query of one database's partition gives. */
function queried(database: string, { before, limit }: Part): Backup[] {
  const own = all.filter((backup) => backup.database === database && (before === undefined || backup.id < before));
  return own.sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, limit);
}

it.each([[['main']], [['main', 'main-2', 'shop']]])('the parts of %j are the list, each item once', async (databases) => {
  const whole = all.filter(({ database }) => databases.includes(database));
  let most = 0;
  await expectParts(
    (paging) =>
      newestOf(paging, async (part) => {
        const found = databases.flatMap((database) => queried(database, part(database)));
        most = Math.max(most, found.length);
        return found.map((record) => ({ pk: 'backup', sk: record.id, format: 1, version: '1', record }));
      }),
    whole,
  );
  expect(most).toBeLessThanOrEqual(databases.length * (whole.length + 1));
});
