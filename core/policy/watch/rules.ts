import { dayOf } from '../../time/periods.ts';
import type { DatabaseFacts, DeploymentFacts } from './facts.ts';
import type { Rule } from './judgement.ts';
import { judgeRecords } from './records.ts';
import { judgeRows } from './rows.ts';
import { judgeSize } from './size.ts';
import { isNewer } from './versions.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Time, in milliseconds, after which a slot that waits for its turn counts as lost. */
export const longestWaitMs = 6 * hourMs;
/** Author of the runs that watch starts, and of the first backup of a new database, which no schedule has missed. */
export const byWatch = 'watch';
export const byWatchAtFirst = 'watch: first backup';

/** Time without a proof, in milliseconds, by policy. */
const proofOverdueMs = { every: 2 * dayMs, daily: 2 * dayMs, weekly: 9 * dayMs };
/** Share of a limit that counts as near. */
const near = 0.7;
/** Largest number of backups that rotation retires in an hour without a word. */
const mostRetired = 5;
/** Nights for which the vault's disk must have room, and the least room in bytes. */
const nights = 3;
const leastFree = 500_000_000;
/** A server's certificate is often renewed by a program, 30 days before its end. */
const expiresSoonMs = { file: 30 * dayMs, password: 30 * dayMs, server: 14 * dayMs };
const undeliveredMs = hourMs;

export const databaseRules: readonly Rule<DatabaseFacts>[] = [
  {
    kind: 'slot-missed',
    threshold: 'an hour after its time nothing has started it (six hours for one that waits for its turn)',
    repeat: { once: 'slot' },
    judge: ({ now, slot: { at, isFirst, run, served, skipped, started } }) => {
      const late = now.getTime() - at.getTime();
      const details = { slot: at.toISOString() };
      if (skipped || isFirst) return false;
      if (started || run?.requestedBy === byWatch) return details;
      if (served || run) return false;
      return late > longestWaitMs ? details : undefined;
    },
  },
  {
    kind: 'backup-failing',
    threshold: 'runs failed on two days, and none succeeded in between',
    repeat: { once: 'since' },
    judge: ({ standing, timeZone }) => {
      const failed = standing.incidents.find(({ kind }) => kind === 'backup-failed');
      if (!failed || dayOf(new Date(failed.since), timeZone) === dayOf(new Date(failed.last.at), timeZone)) return false;
      return { since: failed.since, count: failed.count, reason: failed.last.error.message };
    },
  },
  {
    kind: 'dump-unusual',
    threshold:
      'before compression less than `minimumSize`; without one, less than 1 MB where it was more, half of the median of the seven before it or three times as much, unless the one before it was so too; or a first backup without a row',
    repeat: { once: 'backup' },
    judge: ({ config, good }) => judgeSize(good, config.minimumSize),
  },
  {
    kind: 'rows-lost',
    threshold: 'a table is gone, or has less than half of its rows (of 100 or more), which was so in none of the seven before it',
    repeat: { once: 'backup' },
    judge: ({ tables }) => judgeRows(tables),
  },
  {
    kind: 'proof-overdue',
    threshold: 'backups that should be proven have no proof for two days (`weekly`: nine)',
    repeat: 'daily',
    judge: ({ config: { proof }, good, now, standing: { lastProven } }) => {
      if (proof === 'off') return false;
      const tried = good.findIndex(({ proof: { verdict }, slot }) => verdict !== 'none' || (lastProven !== undefined && slot <= lastProven));
      const oldest = (tried < 0 ? good : good.slice(0, tried)).at(-1);
      if (!oldest || now.getTime() - Date.parse(oldest.slot) <= proofOverdueMs[proof]) return false;
      return { since: oldest.slot, backup: good[0]?.id ?? oldest.id };
    },
  },
  {
    kind: 'proof-partial',
    threshold: 'the newest proof is partial, and the one before it was complete',
    repeat: { once: 'backup' },
    judge: ({ good }) => {
      const [newest, before] = good.filter(({ proof }) => proof.verdict !== 'none');
      return newest?.proof.verdict === 'partial' && before?.proof.verdict === 'proven' && { backup: newest.id, before: before.id };
    },
  },
  {
    kind: 'tools-outdated',
    threshold: 'the server is newer than the programs that Sauvegarde brings',
    repeat: 'weekly',
    judge: ({ product }) => (product && isNewer(product.version, product.programs) ? { ...product } : false),
  },
  {
    kind: 'limit-near',
    threshold: 'a dump or a proof takes 70 % of the time that it may, or the database 70 % of the disk for copies and scratch servers',
    repeat: 'weekly',
    judge: ({ good: [newest], limits }) => {
      if (!newest) return false;
      const measured = [
        { what: 'dump', is: newest.seconds, most: limits.dumpSeconds },
        { what: 'proof', is: newest.proof.seconds ?? 0, most: limits.proofSeconds },
        { what: 'disk', is: newest.bytes, most: limits.scratchBytes },
      ];
      const reached = measured.find(({ is, most }) => most !== undefined && is > near * most);
      return reached?.most !== undefined && { what: reached.what, is: reached.is, most: reached.most };
    },
  },
  {
    kind: 'record-altered',
    threshold:
      'a record of the catalogue says another thing than the manifest in the vault, than the newest order beside that to hold or release the backup, or than the audit log of a retired backup',
    repeat: 'daily',
    judge: ({ altered }) => judgeRecords(altered),
  },
  {
    kind: 'backups-retired',
    threshold: 'more than five backups were retired within an hour, a day ago at most',
    repeat: { once: 'at' },
    judge: ({ now, standing: { lastRetirement: last } }) =>
      last !== undefined && last.count > mostRetired && now.getTime() - Date.parse(last.at) < dayMs && { count: last.count, at: last.at },
  },
];

export const deploymentRules: readonly Rule<DeploymentFacts>[] = [
  {
    kind: 'budget-exceeded',
    threshold: 'all backups together take more than `storageBudget`',
    repeat: 'weekly',
    judge: ({ budget, standings }) => {
      const stored = standings.reduce((sum, { stored = 0 }) => sum + stored, 0);
      return budget !== undefined && stored > budget && { stored, budget };
    },
  },
  {
    kind: 'disk-low',
    threshold: "the vault's disk has no room for three more backups of every database, or less than 500 MB",
    repeat: 'daily',
    judge: ({ free, standings }) => {
      const night = standings.reduce((sum, { lastGood }) => sum + (lastGood?.size ?? 0), 0);
      return free !== undefined && free < Math.max(leastFree, nights * night) && { free, night };
    },
  },
  {
    kind: 'alert-undelivered',
    threshold: 'an alert waits for an hour, since no mail server or no webhook takes it',
    repeat: 'daily',
    judge: ({ incidents, now }) => {
      const waiting = incidents.filter(
        ({ alert, kind, last }) => kind !== 'alert-undelivered' && alert.state !== 'sent' && now.getTime() - Date.parse(last.at) > undeliveredMs,
      );
      return waiting.length > 0 && { count: waiting.length, since: waiting.map(({ last }) => last.at).sort()[0] ?? '' };
    },
  },
  {
    kind: 'expiry-near',
    threshold: "a password or a file of authorities whose end is known ends within 30 days, a server's certificate within 14",
    repeat: 'weekly',
    judge: ({ expiries, now }) => {
      const [first] = expiries
        .filter(({ at, of }) => at.getTime() - now.getTime() < expiresSoonMs[of ?? 'file'])
        .sort((one, other) => one.at.getTime() - other.at.getTime());
      return first !== undefined && { name: first.name, at: first.at.toISOString(), ...(first.of && { [first.of]: 1 }) };
    },
  },
  {
    kind: 'channel-unconfirmed',
    threshold: 'on AWS, an address of alarms or mails waits for its confirmation',
    repeat: 'daily',
    judge: ({ unconfirmed }) => unconfirmed && unconfirmed.length > 0 && { addresses: unconfirmed.join(', ') },
  },
];
