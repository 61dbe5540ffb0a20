import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import type { Catalogue } from '../../core/catalogue/catalogue.ts';
import { SqliteCatalogue } from '../../core/catalogue/sqlite/catalogue.ts';
import { temporaryFolder } from '../support/folder.ts';
import { auditContract } from './audit.ts';
import { backupsContract } from './backups.ts';
import { incidentsContract } from './incidents.ts';
import { runsContract } from './runs.ts';
import { standingsContract } from './standings.ts';

/** Makes two catalogues that share a file. */
async function two() {
  const file = join(temporaryFolder(), 'catalogue.sqlite3');
  const catalogues = [new SqliteCatalogue(file), new SqliteCatalogue(file)] as const;
  onTestFinished(() => {
    for (const catalogue of catalogues) catalogue[Symbol.dispose]();
  });
  return { one: catalogues[0], other: catalogues[1] };
}

/** Returns one part of two catalogues that share a file. */
function twoOf<Part extends keyof Catalogue>(part: Part) {
  return async () => {
    const { one, other } = await two();
    return { one: one[part], other: other[part] };
  };
}

describe('runs', () => runsContract(twoOf('runs')));
describe('backups', () => backupsContract(twoOf('backups')));
describe('incidents', () => incidentsContract(twoOf('incidents')));
describe('audit', () => auditContract(twoOf('audit')));
describe('standings', () => standingsContract(two));
