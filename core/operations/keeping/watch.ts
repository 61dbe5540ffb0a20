import type { Incident } from '../../catalogue/incidents.ts';
import { all } from '../../catalogue/page.ts';
import { reasonOf, StorageRefusedError, VaultOwnedError } from '../../errors.ts';
import { messagesIn } from '../../mail/messages/languages.ts';
import type { With } from '../../platform.ts';
import type { DeploymentFacts, Limits } from '../../policy/watch/facts.ts';
import type { Rule } from '../../policy/watch/judgement.ts';
import { hourBefore } from '../../policy/watch/overdue.ts';
import { databaseRules, deploymentRules } from '../../policy/watch/rules.ts';
import { dayOf, weekOf } from '../../time/periods.ts';
import { type Slot, slotsOf } from '../../time/slots.ts';
import type { Execution } from '../orders/start.ts';
import { noteConfiguration, noteHead } from './audit-heads.ts';
import { factsAbout } from './facts.ts';
import { alertWhatIsDue, endIncident, openIncident } from './incident.ts';
import { refuseOtherVault } from './soundness.ts';
import { settleIfEnded } from './stale.ts';
import { allStandings } from './standing.ts';
import { startIfMissed } from './start-missed.ts';

/** Facts about the home, which the records do not hold. */
export interface Surroundings extends Pick<DeploymentFacts, 'free' | 'expiries' | 'unconfirmed'> {
  limits: Limits;
}

export interface WatchOutput {
  /** Executions for slots that nothing had started. */
  started: Execution[];
  /** Runs that had ended without a word. */
  settled: string[];
  /** Databases whose slot was due an hour ago or more, and that nothing serves. */
  overdue: string[];
  /** Figures of each database: seconds since its last good backup read it, and its open incidents. */
  databases: Record<string, { age?: number; incidents: number }>;
  /** Parts of the work that failed, by their names or their databases: they are tried again in an hour. */
  failed: string[];
}

type WatchPlatform = With<'vault' | 'catalogue' | 'mailer' | 'notifier' | 'executions'>;

/**
 * Looks after everything that nobody looks after: sends alerts that could not be sent, settles runs that hang, starts
 * slots that were missed, and opens and ends incidents by the rules of `core/policy/watch/rules.ts`. Idempotent, also
 * for two at once. A failure with one database does not keep it from the others.
 */
export async function watch(platform: WatchPlatform, surroundings: Surroundings): Promise<WatchOutput> {
  const { catalogue, clock, config } = platform;
  const output: WatchOutput = { started: [], settled: [], overdue: [], databases: {}, failed: [] };
  const part = (name: string, work: () => Promise<void>) => tried(platform, output, name, work);
  await part('alerts', () => alertWhatIsDue(platform));
  await part('runs', async () => {
    for (const run of await all((page) => catalogue.runs.list({ status: 'running', ...page })))
      await part(run.database, async () => {
        if (await settleIfEnded(platform, run)) output.settled.push(run.id);
      });
  });
  let isVaultThere = false;
  await part('vault', async () => {
    isVaultThere = await findVault(platform);
  });
  const open = await all((page) => catalogue.incidents.list(page));
  const expiries = [...surroundings.expiries];
  const before = slotsOf(config).due(hourBefore(clock.now()));
  for (const [index, latest] of slotsOf(config).due(clock.now()).entries())
    await part(latest.database, async () => {
      const missed = await startIfMissed(platform, latest, before[index] as Slot);
      const { slot } = missed;
      if (missed.execution?.outcome === 'started') output.started.push(missed.execution);
      if (missed.isOverdue) output.overdue.push(slot.database);
      const facts = await factsAbout(platform, slot, missed, { limits: surroundings.limits, isVaultThere });
      if (facts.passwordEnds) expiries.push({ name: slot.database, of: 'password', at: facts.passwordEnds });
      if (facts.certificateEnds) expiries.push({ name: slot.database, of: 'server', at: facts.certificateEnds });
      await apply(platform, slot.database, databaseRules, facts, open);
    });
  await part('vault', async () => {
    const now = clock.now();
    const standings = await allStandings(platform);
    for (const { database, incidents, lastGood } of standings.filter((each) => Object.hasOwn(config.databases, each.database)))
      output.databases[database] = {
        incidents: incidents.length,
        ...(lastGood && { age: Math.max(0, Math.round((now.getTime() - Date.parse(lastGood.startedAt)) / 1000)) }),
      };
    const facts = {
      ...surroundings,
      expiries,
      now,
      standings,
      incidents: await all((page) => catalogue.incidents.list(page)),
      budget: config.storageBudget,
    };
    await apply(platform, undefined, deploymentRules, facts, open);
  });
  await part('audit', async () => {
    await noteConfiguration(platform);
    if (isVaultThere) await noteHead(platform);
  });
  for (const { database, kind } of open)
    if (database !== undefined && !Object.hasOwn(config.databases, database)) await part(database, () => endIncident(platform, database, kind));
  return output;
}

async function tried({ log }: WatchPlatform, output: WatchOutput, name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { name: kind, message } = reasonOf(error);
    log.error(`watching ${name} failed: ${message}`, { error: kind });
    output.failed.push(name);
  }
}

/** Judges facts by each rule, and opens or ends its incident. */
async function apply<Facts>(
  platform: WatchPlatform,
  database: string | undefined,
  rules: readonly Rule<Facts>[],
  facts: Facts,
  open: readonly Incident[],
): Promise<void> {
  const { clock, config } = platform;
  for (const { judge, kind, repeat } of rules) {
    const details = judge(facts);
    if (details === undefined) continue;
    if (details) {
      const periodOf = repeat === 'weekly' ? weekOf : dayOf;
      const subject = typeof repeat === 'object' ? String(details[repeat.once]) : periodOf(clock.now(), config.timeZone);
      const message = messagesIn('en').watched[kind].message(details, config.timeZone);
      await openIncident(platform, { database, kind, subject, error: { name: kind, message }, details });
    } else if (open.some((incident) => incident.database === database && incident.kind === kind)) await endIncident(platform, database, kind);
  }
}

/**
 * Returns true if the vault is the one that the catalogue knows. One that is not, such as a folder whose disk is not
 * mounted, is an incident of its own: its backups are not marked as missing.
 */
async function findVault(platform: WatchPlatform): Promise<boolean> {
  const kind = 'backup-missing';
  try {
    await refuseOtherVault(platform);
  } catch (error) {
    if (!(error instanceof StorageRefusedError || error instanceof VaultOwnedError)) throw error;
    await openIncident(platform, { kind, subject: dayOf(platform.clock.now(), platform.config.timeZone), error: reasonOf(error) });
    return false;
  }
  await endIncident(platform, undefined, kind);
  return true;
}
