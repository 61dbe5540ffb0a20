import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulate } from './year.ts';

/* `npm run simulate -- [databases] [days] [seed]`: lives through days of backups, and prints a summary. */

const [databases = 5, days = 60, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'sauvegarde-simulation-'));
const begun = performance.now();
try {
  const { faults, mails, runs, troubles } = await simulate({ databases, days, seed, folder });
  console.log(`${databases} databases, ${days} days, seed ${seed}: ${Math.round((performance.now() - begun) / 1000)} s`);
  console.log(`${runs.succeeded} runs succeeded, ${runs.failed} failed; ${troubles} days of troubles; ${mails.alerts} alerts, ${mails.ends} ends`);
  console.log(faults.length === 0 ? 'no fault' : `${faults.length} faults:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
