import { dynamodb } from '../../../core/aws/clients.ts';
import type { Catalogue } from '../../../core/catalogue/catalogue.ts';
import { DynamodbCatalogue } from '../../../core/catalogue/dynamodb/catalogue.ts';
import { SqliteCatalogue } from '../../../core/catalogue/sqlite/catalogue.ts';
import { auditOf, backupOf, incidentOf } from '../../support/records.ts';

// A program: writes as often as it is told into the catalogue it is given (a file, or two tables), in competition with others like it.
const [where = '', name = '', times = '0'] = process.argv.slice(2);
const [records, audit] = where.split(' ');
const catalogue: Catalogue = records && audit ? new DynamodbCatalogue(dynamodb(), { records, audit }) : new SqliteCatalogue(where);
const backup = backupOf('2026-11-22T05:00:00Z', { rows: 0 });
await catalogue.backups.add(backup);
for (let time = 1; time <= Number(times); time++) {
  await catalogue.audit.append(auditOf(String(time), name));
  await catalogue.backups.change(backup.id, (record) => ({ ...record, rows: record.rows + 1 }));
  await catalogue.incidents.change('main', 'backup-failed', (open) => (open ? { ...open, count: open.count + 1 } : incidentOf('2026-11-22T05:00:00Z')));
}
