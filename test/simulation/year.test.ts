import { expect, it } from 'vitest';
import { catalogues } from './catalogues.ts';
import { simulate } from './year.ts';

it.each(Object.entries(catalogues))('weeks of random troubles with the catalogue %s lose nothing good, leave nothing unnoticed, and end', async (_, make) => {
  const year = { databases: 3, days: 30, seed: 12 };
  const { faults, mails, runs } = await simulate({ ...year, catalogue: make() });
  expect({ ...year, faults }).toEqual({ ...year, faults: [] });
  expect(runs.succeeded).toBeGreaterThan(60);
  expect(mails.ends).toBeGreaterThan(3);
});
