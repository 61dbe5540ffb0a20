import { catalogues } from './catalogues.ts';
import { simulate } from './year.ts';

/*
 * `npm run simulate -- [databases] [days] [seed]`: lives through days of backups with each catalogue, and prints a
 * summary.
 */

const [databases = 50, days = 365, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
for (const [name, make] of Object.entries(catalogues)) {
  const begun = performance.now();
  const { audited, faults, mails, runs, troubles } = await simulate({ databases, days, seed, catalogue: make() });
  console.log(`${name}: ${databases} databases, ${days} days, seed ${seed}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  console.log(`  ${runs.succeeded} runs succeeded, ${runs.failed} failed; ${troubles} days of troubles; ${mails.alerts} alerts, ${mails.ends} ends`);
  console.log(`  ${audited} entries in the audit log, ${faults.length === 0 ? 'no fault' : `${faults.length} faults:`}`);
  for (const fault of faults.slice(0, 50)) console.log(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
