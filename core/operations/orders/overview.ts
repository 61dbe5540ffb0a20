import type { Backup } from '../../catalogue/backups.ts';
import type { Incident } from '../../catalogue/incidents.ts';
import { all, itemsOf, usualLimit } from '../../catalogue/page.ts';
import type { Run } from '../../catalogue/runs.ts';
import type { Standing } from '../../catalogue/standings.ts';
import type { Verdict } from '../../documents/proof.ts';
import { UnknownNameError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { type State, stateOf } from '../../policy/state.ts';
import { hourBefore } from '../../policy/watch/overdue.ts';
import { dayOf } from '../../time/periods.ts';
import { scheduleOf } from '../../time/schedule.ts';
import { dueOf } from '../keeping/due.ts';
import { allStandings, standingOf } from '../keeping/standing.ts';
import { windowed } from './agenda.ts';

/** State of a database on one local day: its runs, and its newest published backup with what that took. */
export interface Day {
  /** `2026-11-22` in the configured zone. */
  day: string;
  succeeded: number;
  failed: number;
  verdict?: Verdict;
  /** Stored bytes. */
  size?: number;
  /** Duration of the dump. */
  seconds?: number;
}

/** Everything about a database that is seen at a glance. */
export interface DatabaseOverview extends Standing {
  /** Settings and next slot of a configured database; missing for one that has only records. */
  plan?: { engine: string; schedule: string; next: string; window?: number };
  state: State;
  /** Runs that are under way, newest first. */
  running: Run[];
  /** Oldest first; the last one is today. */
  days: Day[];
}

export interface Overview {
  /** Instant of the answer. */
  now: string;
  databases: DatabaseOverview[];
  /** Open incidents of the vault, which concern no database. */
  incidents: Incident[];
}

/** Largest number of runs and of backups of one database that are looked at: thirty days of one every half hour. */
const most = 1500;

/**
 * Looks at every database that is configured or has records, or at one, over the last `days`. Throws UnknownNameError.
 */
export async function overview(platform: With<'catalogue'>, { days, database }: { days: number; database?: string | undefined }): Promise<Overview> {
  const { clock, config } = platform;
  const now = clock.now();
  const standings = database === undefined ? await allStandings(platform) : [await standingOf(platform, database)];
  const known = new Map(standings.map((standing) => [standing.database, standing]));
  const names = database === undefined ? new Set([...Object.keys(config.databases), ...known.keys()]) : [database];
  const seen = await Promise.all([...names].map((name) => seenAt(platform, now, days, known.get(name) ?? { database: name, published: 0, incidents: [] })));
  if (database !== undefined && seen.every(({ plan, lastRun, published, lastGood }) => !plan && !lastRun && published === 0 && !lastGood))
    throw new UnknownNameError(`there is no database ${JSON.stringify(database)}`);
  const open = await all((page) => platform.catalogue.incidents.list(page));
  return { now: now.toISOString(), databases: seen, incidents: open.filter((incident) => incident.database === undefined) };
}

async function seenAt(platform: With<'catalogue'>, now: Date, days: number, standing: Standing): Promise<DatabaseOverview> {
  const { catalogue, config } = platform;
  const { database } = standing;
  const names = lastDays(now, days, config.timeZone);
  const since = new Date(now.getTime() - (days + 1) * 86_400_000).toISOString();
  const [runs, backups, running] = await Promise.all([
    recent((page) => catalogue.runs.list({ database, ...page }), since),
    recent((page) => catalogue.backups.list({ database, ...page }), since),
    catalogue.runs.list({ database, status: 'running', limit: 10 }),
  ]);
  const settings = Object.hasOwn(config.databases, database) ? config.databases[database] : undefined;
  const schedule = settings && scheduleOf(settings.schedule, config.timeZone);
  const plan = settings &&
    schedule && { engine: settings.engine, schedule: settings.schedule, next: schedule.next(now).toISOString(), ...windowed(platform, settings.schedule) };
  const isRunning = running.items.length > 0;
  const isOverdue = schedule !== undefined && !isRunning && (await dueOf(platform, { at: schedule.due(hourBefore(now)), database }, standing)).isOverdue;
  return {
    ...standing,
    ...(plan && { plan }),
    state: stateOf({ ...standing, isConfigured: plan !== undefined, isRunning, isOverdue }),
    running: running.items,
    days: daysOf(names, runs, backups, config.timeZone),
  };
}

async function recent<Item extends { slot: string }>(list: Parameters<typeof itemsOf<Item>>[0], since: string): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of itemsOf(list, usualLimit)) {
    if (item.slot < since || items.length === most) break;
    items.push(item);
  }
  return items;
}

/** Names the last local days, oldest first. Steps of twelve hours miss no day where clocks change. */
function lastDays(now: Date, days: number, timeZone: string): string[] {
  const names = new Set<string>();
  for (let at = now.getTime(); names.size < days; at -= 43_200_000) names.add(dayOf(new Date(at), timeZone));
  return [...names].reverse();
}

/** `runs` and `backups` are sorted, newest first. */
function daysOf(names: string[], runs: Run[], backups: Backup[], timeZone: string): Day[] {
  const days = new Map<string, Day>(names.map((day) => [day, { day, succeeded: 0, failed: 0 }]));
  for (const { slot, status } of runs) {
    const day = days.get(dayOf(new Date(slot), timeZone));
    if (day && status !== 'running') day[status] += 1;
  }
  for (const { slot, status, proof, size, seconds } of backups) {
    const day = days.get(dayOf(new Date(slot), timeZone));
    if (!day || day.verdict !== undefined || status === 'missing') continue;
    Object.assign(day, { verdict: proof.verdict, size, seconds });
    // a catalogue that was rebuilt from the vault has no runs
    if (day.succeeded + day.failed === 0) day.succeeded = 1;
  }
  return [...days.values()];
}
