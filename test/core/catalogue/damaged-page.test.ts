import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DamagedCatalogueError } from '../../../core/catalogue/damaged.ts';
import { SqliteCatalogue } from '../../../core/catalogue/sqlite/catalogue.ts';
import { ConfigurationError } from '../../../core/errors.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { backupOf } from '../../support/records.ts';

const pageSize = 4096;

it.each(['its head', 'its middle', 'all of it'] as const)('a page with other bytes in %s is noticed at the first look, or does no harm', async (where) => {
  const file = join(temporaryFolder(), 'catalogue.sqlite3');
  {
    using catalogue = new SqliteCatalogue(file);
    for (let day = 0; day < 40; day++) await catalogue.backups.add(backupOf(new Date(Date.UTC(2026, 0, 1 + day)).toISOString()));
  }
  const whole = readFileSync(file);
  let noticed = 0;
  for (let page = 0; page < whole.length / pageSize; page++) {
    const bytes = Buffer.from(whole);
    const [from, to] = { 'its head': [0, 16], 'its middle': [2000, 2200], 'all of it': [0, pageSize] }[where] as [number, number];
    bytes.fill(0xa5, page * pageSize + from, page * pageSize + to);
    writeFileSync(file, bytes);
    try {
      using catalogue = new SqliteCatalogue(file);
      expect((await catalogue.backups.list()).items, `page ${page + 1}`).toHaveLength(40);
    } catch (error) {
      if (error instanceof ConfigurationError) continue; // the header's version of the schema is in the bytes
      expect(error, `page ${page + 1}: ${error}`).toBeInstanceOf(DamagedCatalogueError);
      expect((error as Error).message).toMatch(/^the catalogue .* is damaged \(.*"sauvegarde rebuild"/);
      noticed += 1;
    }
  }
  expect(noticed).toBeGreaterThanOrEqual(where === 'its middle' ? 2 : whole.length / pageSize - 1);
});
