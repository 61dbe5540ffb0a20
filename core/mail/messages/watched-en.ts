import type { WatchedKind } from '../../catalogue/incidents.ts';
import type { WatchedTexts } from './messages.ts';
import { bytesIn, instantIn, spanIn } from './wording.ts';

const locale = 'en-GB';
const bytes = (value: string | number | undefined) => bytesIn(locale, Number(value));
const quoted = (text: string | number | undefined) => (text === '' ? 'missing' : JSON.stringify(text));
/** Sources that say what a record should be. */
const truthIn = { audit: 'the audit log', manifest: 'its manifest in the vault', order: 'the newest order beside its manifest in the vault' };
const span = (seconds: string | number | undefined) => spanIn(locale, Number(seconds) * 1000);

/** Texts about the findings of watch, by kind. */
export const watchedEnglish: Record<WatchedKind, WatchedTexts> = {
  'slot-missed': {
    title: 'a backup was not started on time',
    resolved: 'backups are started on time again',
    message: ({ slot }, zone) => `nothing started the backup of ${instantIn(locale, String(slot), zone)} on time`,
    remedy:
      'Sauvegarde has started the backup by itself. Find out why its schedule did not: on one machine, was "sauvegarde local" running? On AWS, look at EventBridge Scheduler and at the function "start".',
  },
  'backup-failing': {
    title: 'the backup has failed for more than a day',
    resolved: 'backups work again',
    message: ({ since, count, reason }, zone) =>
      `all ${count} backups since ${instantIn(locale, String(since), zone)} have failed, the last one because: ${reason}`,
    remedy: 'Nothing newer than the last good backup can be restored. The mail about the failed backup says what to try; after that, run "sauvegarde backup".',
  },
  'dump-unusual': {
    title: 'the backup has an unusual size',
    resolved: 'the size of the backups is steady again',
    message: ({ backup, because, bound, bytes: size }) =>
      because === 'empty'
        ? `${backup} holds no row at all`
        : because === 'minimum'
          ? `${backup} holds ${bytes(size)} before compression, less than ${bytes(bound)}`
          : `${backup} holds ${bytes(size)} before compression; the backups before it hold ${bytes(bound)} (median)`,
    remedy:
      'Check that the address leads to the right database, and that nobody has removed data. If somebody has, order "sauvegarde hold" on a backup from before. If the size is right, there is nothing to do: the next backup of this size counts as usual (not below `minimumSize`, if you have written one).',
  },
  'rows-lost': {
    title: 'tables or most of their rows are gone',
    resolved: 'no table has lost rows since',
    message: ({ tables, more }) => `compared with the backup before: ${tables}${Number(more) > 0 ? ` and ${more} more` : ''}`,
    remedy:
      'Find out whether somebody removed them on purpose. If not, order "sauvegarde hold" on the backup before this one, and restore from it. If so, there is nothing to do: the next backup counts as usual.',
  },
  'proof-overdue': {
    title: 'backups are not proven',
    resolved: 'backups are proven again',
    message: ({ backup, since }, zone) => `no backup since ${instantIn(locale, String(since), zone)} was proven by restoring it; the newest is ${backup}`,
    remedy: 'Run "sauvegarde verify" on the newest backup: it says why it cannot be proven. On AWS, look at the log of the function "prove".',
  },
  'proof-partial': {
    title: 'the test restore is no longer complete',
    resolved: 'the newest proof is complete, or like the one before it',
    message: ({ backup, before }) => `not everything in ${backup} could be restored or compared; all of ${before} could`,
    remedy: '"sauvegarde show" on the newest backup lists what could not be checked, and why.',
  },
  'tools-outdated': {
    title: 'the server is newer than the programs that back it up',
    resolved: 'the programs suit the server again',
    message: ({ name, programs, version }) => `the server is ${name} ${version}; the programs are for ${programs}`,
    remedy: 'Update Sauvegarde, then run "npm run layers" (on AWS "npm run deploy"). Until then dumps may be refused, and proofs be incomplete.',
  },
  'limit-near': {
    title: 'the database will soon be too large',
    resolved: 'the database is well within the limits again',
    message: ({ what, is, most }) =>
      what === 'disk'
        ? `it has ${bytes(is)}; the disk for copies and test restores has room for ${bytes(most)}`
        : `its ${what === 'dump' ? 'dump' : 'test restore'} takes ${span(is)}; ${span(most)} is the most`,
    remedy:
      "Plan ahead: exclude rows that need no backup, free or add disk space; on AWS, write proof: 'weekly' or 'off' if the test restore is what takes too long, and run \"sauvegarde verify\" on a machine of your own.",
  },
  'record-altered': {
    title: 'the catalogue contradicts the vault',
    resolved: 'the catalogue agrees with the vault again',
    message: ({ backup, field, record, truth, source, more }) =>
      `${backup}: in the catalogue "${field}" is ${quoted(record)}, by ${truthIn[source as keyof typeof truthIn]} it is ${quoted(truth)}${Number(more) > 0 ? `; ${more} more ${Number(more) === 1 ? 'field differs' : 'fields differ'}` : ''}`,
    remedy:
      'The backup itself is untouched, and the vault is right. Find out who or which program wrote into the catalogue. "sauvegarde rebuild" writes the record anew from the vault; on AWS the clean-up does: "sauvegarde sweep --stack NAME", or by itself on Sunday.',
  },
  'backups-retired': {
    title: 'many backups were retired at once',
    resolved: 'no more backups were retired',
    message: ({ count, at }, zone) => `${count} backups were retired within an hour, the last one on ${instantIn(locale, String(at), zone)}`,
    remedy:
      'If nobody has changed "keep" on purpose: correct it, and bring the backups back with "sauvegarde unretire" before the days of grace are over. "sauvegarde list --all" shows them.',
  },
  'budget-exceeded': {
    title: 'the backups take more room than planned',
    resolved: 'the backups are within their budget again',
    message: ({ stored, budget }) => `all backups together take ${bytes(stored)}; storageBudget is ${bytes(budget)}`,
    remedy: 'Keep fewer backups ("keep"), exclude rows that need no backup, or raise `storageBudget`. Retired backups count until the days of grace are over.',
  },
  'disk-low': {
    title: 'the disk of the backups is almost full',
    resolved: 'the disk of the backups has room again',
    message: ({ free, night }) => `${bytes(free)} are free; one backup of every database takes ${bytes(night)}`,
    remedy: 'Free space on the disk of the vault, move the vault to a larger one, or keep fewer backups ("keep").',
  },
  'alert-undelivered': {
    title: 'alerts could not be delivered',
    resolved: 'alerts are delivered again',
    message: ({ count, since }, zone) => `${count} ${count === 1 ? 'alert waits' : 'alerts wait'}, the oldest since ${instantIn(locale, String(since), zone)}`,
    remedy: 'Run "sauvegarde alert --test": it says which way of telling you works and which does not. "sauvegarde status" shows what is open.',
  },
  'expiry-near': {
    title: 'a certificate or password expires soon',
    resolved: 'no certificate or password expires soon',
    message: ({ name, at, password, server }, zone) =>
      `${password ? `the password with which ${name} is backed up` : server ? `the certificate of the server of ${name}` : name} ends on ${instantIn(locale, String(at), zone)}`,
    remedy: 'Put a new one in its place before that day: after it, no backup can be made.',
  },
  'channel-unconfirmed': {
    title: 'an address waits for its confirmation',
    resolved: 'every address is confirmed',
    message: ({ addresses }) => `AWS sends nothing until these are confirmed: ${addresses}`,
    remedy:
      'Look for the mail from AWS at each address, among the junk too, and follow its link; it is sent again every day. The addresses of recipients are confirmed in SES, "Identities", unless AWS takes the account out of its sandbox. "sauvegarde smoke" says what still waits.',
  },
};
