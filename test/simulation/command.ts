import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { catalogues } from './catalogues.ts';
import { simulate } from './year.ts';

/*
 * `npm run simulate -- [databases] [days] [seed]`: lives through days of backups with each catalogue, side by side, and
 * prints a summary of each. Ends with status 1 if anything happened that must not.
 */

interface Given {
  databases: number;
  days: number;
  seed: number;
}

if (isMainThread) {
  const [databases = 50, days = 365, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
  console.log(`${databases} databases, ${days} days, seed ${seed}`);
  for (const name of Object.keys(catalogues))
    new Worker(new URL(import.meta.url), { workerData: { name, databases, days, seed } }).on('exit', (code) => {
      process.exitCode ||= code;
    });
} else await live(workerData);

async function live({ name, ...given }: Given & { name: keyof typeof catalogues }): Promise<void> {
  const begun = performance.now();
  const { audited, faults, mails, runs, troubles } = await simulate({ ...given, catalogue: catalogues[name]() });
  const seconds = Math.round((performance.now() - begun) / 1000);
  const lines = [
    `${name}, in ${seconds} s:`,
    `${runs.succeeded} runs succeeded, ${runs.failed} failed; ${troubles} days of troubles; ${mails.alerts} alerts, ${mails.ends} ends`,
    `${audited} entries in the audit log; ${faults.length === 0 ? 'no fault' : `${faults.length} faults, the first of them:`}`,
    ...faults.slice(0, 20),
  ];
  console.log(lines.join('\n  '));
  if (faults.length > 0) process.exitCode = 1;
}
