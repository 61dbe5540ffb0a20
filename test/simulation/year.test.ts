import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { simulate } from './year.ts';

it('days of random troubles lose nothing good, leave nothing unnoticed, and end', async () => {
  const year = { databases: 2, days: 10, seed: 6 };
  const { faults, runs } = await simulate({ ...year, folder: temporaryFolder() });
  expect({ ...year, faults }).toEqual({ ...year, faults: [] });
  expect(runs.succeeded).toBeGreaterThan(10);
});
