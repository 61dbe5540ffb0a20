import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { awsAbsence, startAwsEmulator } from '../support/aws-emulator.ts';
import { catalogues, overHttp } from './catalogues.ts';
import { simulate } from './year.ts';

/*
 * `npm run simulate -- [databases] [days] [seed]`: lives through days of backups with each catalogue in memory, side by
 * side, then through some of them with DynamoDB over HTTP, and prints a summary of each. Ends with status 1 if anything
 * happened that must not.
 */

interface Given {
  databases: number;
  days: number;
  seed: number;
}

/** Databases and days that an emulator answers within a minute or two: each day of a database has some 150 requests. */
const mostOverHttp = { databases: 2, days: 14 };

if (isMainThread) {
  const [databases = 50, days = 365, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
  console.log(`${databases} databases, ${days} days, seed ${seed}`);
  await Promise.all(Object.keys(catalogues).map((name) => apart({ name, databases, days, seed })));
  const absence = await awsAbsence();
  if (absence !== '') console.log(`DynamoDB over HTTP is left out. ${absence}`);
  else {
    await using emulator = await startAwsEmulator();
    const { endpoint } = emulator;
    await apart({ endpoint, name: 'over HTTP', databases: Math.min(databases, mostOverHttp.databases), days: Math.min(days, mostOverHttp.days), seed });
  }
} else await live(workerData);

/** Lives through it in a thread of its own. */
async function apart(given: Given & { name: string; endpoint?: string }): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: given });
  const code = await new Promise<number>((resolve) => worker.on('exit', resolve));
  process.exitCode ||= code;
}

async function live({ name, endpoint, ...given }: Given & { name: string; endpoint?: string }): Promise<void> {
  const begun = performance.now();
  Error.stackTraceLimit = 0; // a year makes a million errors, and nobody reads where they were made
  const catalogue = endpoint === undefined ? catalogues[name as keyof typeof catalogues]() : await overHttp(endpoint);
  const { audited, faults, mails, runs, troubles } = await simulate({ ...given, catalogue });
  const { system, user } = process.threadCpuUsage();
  const [seconds, worked] = [Math.round((performance.now() - begun) / 1000), Math.round((system + user) / 1_000_000)];
  const lines = [
    `${endpoint === undefined ? name : `dynamodb over HTTP (${given.databases} databases, ${given.days} days)`}, in ${seconds} s (${worked} s of processor time):`,
    `${runs.succeeded} runs succeeded, ${runs.failed} failed; ${troubles} days of troubles; ${mails.alerts} alerts, ${mails.ends} ends`,
    `${audited} entries in the audit log; ${faults.length === 0 ? 'no fault' : `${faults.length} faults, the first of them:`}`,
    ...faults.slice(0, 20),
  ];
  console.log(lines.join('\n  '));
  if (faults.length > 0) process.exitCode = 1;
}
