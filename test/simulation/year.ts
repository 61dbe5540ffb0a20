import { mkdirSync } from 'node:fs';
import { all } from '../../core/catalogue/page.ts';
import { parseConfig } from '../../core/config/config.ts';
import { errorNames } from '../../core/errors.ts';
import { runId } from '../../core/names.ts';
import { watch } from '../../core/operations/keeping/watch.ts';
import { start } from '../../core/operations/orders/start.ts';
import { isServed } from '../../core/time/slots.ts';
import { numbers } from '../../local/demonstration.ts';
import { openLocalPlatform } from '../../local/platform.ts';
import { TestLog } from '../support/log.ts';
import { SimulatedClock, SimulatedMailer, simulatedEngine } from './simulated.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const keep = 7;
/** Days without troubles at the end, after which every incident must be over. */
const quietDays = 4;

export interface Year {
  databases: number;
  days: number;
  seed: number;
  /** Folder that is empty. */
  folder: string;
}

export interface Summary {
  runs: { succeeded: number; failed: number };
  troubles: number;
  mails: { alerts: number; ends: number };
  /** Everything that must not happen, as sentences. */
  faults: string[];
}

/**
 * Lives through days of backups in a virtual time, with the real operations, workflow, catalogue and vault: sources
 * that fail with every error, a scheduler that is silent, lost and doubled events, runs whose process is gone, a clock
 * that jumps, mail that is refused. Looks after each day that nothing good is lost and nothing goes unnoticed.
 */
export async function simulate({ databases: count, days, folder, seed }: Year): Promise<Summary> {
  const random = numbers(seed);
  const chance = (share: number) => random() < share;
  const names = Array.from({ length: count }, (_, place) => `db-${place}`);
  const databases = Object.fromEntries(names.map((name) => [name, { engine: 'sqlite', file: name, keep, compression: 'none' } as const]));
  const config = parseConfig({ administrators: ['admin@example.org'], databases, local: { vault: 'vault', state: 'state' } }, 'the simulation');
  mkdirSync(folder, { recursive: true });
  const clock = new SimulatedClock('2026-01-01T00:00:00Z');
  const mailer = new SimulatedMailer(clock);
  const opened = await openLocalPlatform({ config, folder }, { clock, log: new TestLog(), atOnce: 1 });
  /** Error of each source that is down, and the day of its end. */
  const down = new Map<string, { error: string; until: number }>();
  const flaky = new Map<string, number>();
  const fate = (name: string) => {
    const left = flaky.get(name) ?? 0;
    flaky.set(name, left - 1);
    return left > 0 ? 'SourceLockedError' : down.get(name)?.error;
  };
  const platform = Object.assign(opened, { mailer: mailer as never, engines: { sqlite: simulatedEngine(fate) } });
  const summary: Summary = { runs: { succeeded: 0, failed: 0 }, troubles: 0, mails: { alerts: 0, ends: 0 }, faults: [] };
  const fault = (text: string) => summary.faults.push(`${clock.now().toISOString()}: ${text}`);
  const follow = async (executions: { name: string; outcome: string }[]) => {
    for (const { name, outcome } of executions)
      if (outcome === 'started') summary.runs[(await platform.executions.ended(name)).status === 'SUCCEEDED' ? 'succeeded' : 'failed']++;
  };
  const everGood = new Map<string, Set<string>>(names.map((name) => [name, new Set()]));
  let [silentUntil, brokenUntil] = [-1, -1];

  for (let day = 0; day < days; day++) {
    const midnight = Date.parse('2026-01-01T00:00:00Z') + day * dayMs;
    const isQuiet = day >= days - quietDays;
    if (!isQuiet && chance(0.04)) silentUntil = day + 1 + Math.floor(random() * 2);
    if (!isQuiet && chance(0.03)) brokenUntil = day + 2;
    if (isQuiet) [silentUntil, brokenUntil] = [-1, -1];
    mailer.broken = day < brokenUntil;
    for (const name of names) {
      const over = down.get(name);
      if (over && (over.until <= day || isQuiet)) down.delete(name);
      if (isQuiet || down.has(name)) continue;
      if (chance(0.03))
        down.set(name, { error: errorNames[Math.floor(random() * errorNames.length)] ?? 'UnexpectedError', until: day + 1 + Math.floor(random() * 4) });
      else if (chance(0.05)) flaky.set(name, 1 + Math.floor(random() * 3));
    }
    summary.troubles += down.size + Number(day < silentUntil) + Number(mailer.broken);
    const slot = midnight + 2 * hourMs;
    const scheduled = new Date(slot).toISOString();
    for (const database of names) {
      clock.set(slot);
      if (day < silentUntil || (!isQuiet && chance(0.01))) continue; // silent, or its event is lost
      if (!isQuiet && chance(0.01)) {
        // its process is gone after it has opened its run
        const id = runId(database, new Date(slot), 'scheduled');
        const run = {
          id,
          database,
          slot: scheduled,
          kind: 'scheduled',
          requestedBy: 'scheduler',
          execution: `gone:${id}`,
          status: 'running',
          startedAt: scheduled,
          attempts: 1,
        } as const;
        await platform.catalogue.runs.open(run, { leaseEnds: new Date(slot + 25 * hourMs), now: new Date(slot), again: false }).catch(() => undefined);
        continue;
      }
      for (let events = chance(0.02) ? 2 : 1; events > 0; events--)
        await follow((await start(platform, { database, scheduled, requestedBy: 'scheduler' })).executions);
    }
    for (const hour of [4, 7, 13, 19]) {
      clock.set(midnight + hour * hourMs - (chance(0.02) ? 2 * hourMs : 0));
      const two = chance(0.1) ? 2 : 1;
      const outputs = await Promise.all(Array.from({ length: two }, () => watch(platform, { limits: {}, free: undefined, expiries: [] })));
      for (const { failed, started } of outputs) {
        if (failed.length > 0) fault(`watching failed for ${failed.join(', ')}`);
        await follow(started);
      }
    }
    clock.set(midnight + 23 * hourMs);
    for (const database of names) {
      const records = await all((page) => platform.catalogue.backups.list({ database, ...page }));
      const good = records.filter(({ status }) => status === 'published');
      for (const { id } of good) everGood.get(database)?.add(id);
      const made = everGood.get(database)?.size ?? 0;
      if (good.length < Math.min(keep, made)) fault(`${database} has ${good.length} good backups of ${made} ever made`);
      const { incidents, lastGood } = (await platform.catalogue.standings.get(database)) ?? { incidents: [] };
      const run = await platform.catalogue.runs.get(runId(database, new Date(slot), 'scheduled'));
      // one that is gone without a word counts as working for 26 hours
      const isKnown = incidents.length > 0 || run?.status === 'running';
      if (!isServed({ at: new Date(slot) }, { lastGood }) && !isKnown) fault(`nobody knows that ${database} has no backup of ${scheduled}`);
    }
  }
  for (const { kind, database, since } of await all((page) => platform.catalogue.incidents.list(page)))
    fault(`${kind} of ${database ?? 'the vault'} is open since ${since}, though all has been well for ${quietDays} days`);
  const keys = new Set((await platform.vault.list('')).map(({ key }) => key));
  for (const { id, manifest, status } of await all((page) => platform.catalogue.backups.list(page)))
    if (status === 'published' && !keys.has(manifest)) fault(`${id} is published, and has no manifest`);
  countMails(mailer, summary);
  platform[Symbol.dispose]();
  return summary;
}

/** Counts mails, and finds alerts that repeat on one day though nothing ended in between. */
function countMails({ sent }: SimulatedMailer, { faults, mails }: Summary): void {
  const told = new Map<string, Set<string>>();
  for (const { at, subject } of sent) {
    const [, whose = '', end] = /^\[Sauvegarde\] ([^:]+): (resolved: )?/.exec(subject) ?? [];
    if (end !== undefined) {
      mails.ends++;
      continue;
    }
    mails.alerts++;
    const days = told.get(subject) ?? new Set<string>();
    const day = at.toISOString().slice(0, 10);
    const ends = sent.filter((mail) => mail.subject.startsWith(`[Sauvegarde] ${whose}: resolved`) && mail.at.toISOString().slice(0, 10) === day);
    if (days.has(day) && ends.length === 0) faults.push(`${at.toISOString()}: told twice on one day: ${subject}`);
    told.set(subject, days.add(day));
  }
}
