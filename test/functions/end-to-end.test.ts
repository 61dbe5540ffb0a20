import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeAws } from '../support/aws.ts';
import { coldStart } from '../support/programs.ts';
import type { RecordedCall } from '../support/recorded-calls.ts';
import { files } from './end-to-end/files.ts';
import { keeping } from './end-to-end/keeping.ts';
import { largerCompute } from './end-to-end/larger-compute.ts';
import { orders } from './end-to-end/orders.ts';
import { recorded } from './end-to-end/recorded.ts';
import { runs } from './end-to-end/runs.ts';

const recordsFile = new URL('./recorded-calls.json', import.meta.url);

/** The subjects are one test file: they share what is set up, and their calls are written down together. */
describeAws('the backup workflow on AWS', { timeout: coldStart }, () => {
  runs();
  largerCompute();
  orders();
  keeping();
  files();

  it('every call to AWS is one that is written down for the roles', () => {
    const calls = [...new Set(recorded.map((call) => JSON.stringify(call)))].sort().map((line) => JSON.parse(line) as RecordedCall);
    if (process.env.SAUVEGARDE_RECORD) writeFileSync(recordsFile, `${JSON.stringify(calls, null, 2)}\n`);
    expect(calls, 'SAUVEGARDE_RECORD=1 writes them down anew').toEqual(JSON.parse(readFileSync(recordsFile, 'utf8')));
  });
});
