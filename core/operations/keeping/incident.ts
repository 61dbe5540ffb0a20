import { type Backup, isGood } from '../../catalogue/backups.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Details, IncidentKind } from '../../catalogue/incidents.ts';
import { all, itemsOf } from '../../catalogue/page.ts';
import { MailRefusedError, reasonOf } from '../../errors.ts';
import { messagesIn } from '../../mail/messages/languages.ts';
import type { Notice } from '../../notify/notifier.ts';
import type { With } from '../../platform.ts';
import { dayOf } from '../../time/periods.ts';
import { sendBy, waysOf } from './send-notice.ts';
import { noteTroubles } from './standing.ts';

/** Time for sending an alert, in milliseconds, after which the next process sends it. */
const sendingTakesAtMostMs = 5 * 60_000;

/**
 * Opens the incident, or adds to the open one, and alerts the administrators: once for each subject (run or backup),
 * and at most once a day while it lasts. Returns false if the mail could not be sent. Then it is logged and stays due;
 * `alertWhatIsDue` tries again, and so does a repetition of this.
 */
export async function openIncident(
  platform: With<'catalogue' | 'mailer' | 'notifier'>,
  incident: { database?: string | undefined; kind: IncidentKind; subject: string; error: { name: string; message: string }; details?: Details },
): Promise<boolean> {
  const { database, details, kind, subject } = incident;
  const error = { name: incident.error.name, message: incident.error.message }; // an Error's message is lost in a record
  const at = platform.clock.now().toISOString();
  const today = dayOf(platform.clock.now(), platform.config.timeZone);
  await platform.catalogue.incidents.change(database, kind, (open) => {
    const last = { at, subject, error, ...(details && { details }) };
    if (!open) return { ...(database !== undefined && { database }), kind, since: at, last, count: 1, alert: { state: 'due', at } };
    if (open.last.subject === subject) return undefined;
    const { delivered = [], state } = open.alert;
    const isTold = (state === 'sent' || delivered.length > 0) && open.toldAt !== undefined && dayOf(new Date(open.toldAt), platform.config.timeZone) === today;
    return { ...open, last, count: open.count + 1, alert: isTold ? open.alert : { state: 'due', at } };
  });
  const sent = await alert(platform, database, kind);
  if (database !== undefined) await noteTroubles(platform, database);
  return sent;
}

/** Ends the incident, if there is one, and notifies those who were alerted. */
export async function endIncident(platform: With<'catalogue' | 'mailer' | 'notifier'>, database: string | undefined, kind: IncidentKind): Promise<void> {
  const endedAt = platform.clock.now().toISOString();
  let alertSent = false;
  const ended = await platform.catalogue.incidents.change(database, kind, (open) => {
    alertSent = open?.toldAt !== undefined || open?.alert.state === 'sending';
    return open && { ...open, endedAt };
  });
  if (!ended) return;
  if (database !== undefined) await noteTroubles(platform, database);
  if (!alertSent) return;
  const letter = messagesIn(platform.config.language).over(ended, platform.config.timeZone);
  for (const way of waysOf(platform))
    await attempt(platform, `that ${kind} of ${database ?? 'the vault'} is over`, way, { event: 'resolved', letter, at: endedAt, database, kind });
}

/** Sends the alerts that could not be sent before. */
export async function alertWhatIsDue(platform: With<'catalogue' | 'mailer' | 'notifier'>): Promise<void> {
  const open = await all((page) => platform.catalogue.incidents.list(page));
  for (const { alert: last, database, kind } of open) if (last.state !== 'sent') await alert(platform, database, kind);
  for (const database of new Set(open.map((each) => each.database))) if (database !== undefined) await noteTroubles(platform, database);
}

/** Sends the alert if it is due. Returns false if it could not be sent. */
async function alert(platform: With<'catalogue' | 'mailer' | 'notifier'>, database: string | undefined, kind: IncidentKind): Promise<boolean> {
  const { catalogue, clock, config, log } = platform;
  let mine = false;
  const incident = await catalogue.incidents.change(database, kind, (open) => {
    mine =
      open !== undefined &&
      (open.alert.state === 'due' || (open.alert.state === 'sending' && clock.now().getTime() - Date.parse(open.alert.at) > sendingTakesAtMostMs));
    return open && mine ? { ...open, alert: { ...open.alert, state: 'sending', at: clock.now().toISOString() } } : undefined;
  });
  if (!incident || !mine) return true;
  const lastGood = database === undefined ? undefined : await newestGood(catalogue, database);
  const letter = messagesIn(config.language).alert(incident, lastGood, clock.now(), config.timeZone);
  const ways = waysOf(platform);
  if (ways.length === 0) log.warn(`no administrators are configured, so nobody gets the mail: ${letter.subject}`);
  const { delivered: before = [] } = incident.alert;
  const delivered = ways.filter((way) => before.includes(way));
  const notice: Notice = { event: 'alert', letter, at: clock.now().toISOString(), database, kind };
  for (const way of ways.filter((each) => !before.includes(each)))
    if (await attempt(platform, `of ${kind} for ${database ?? 'the vault'} (it stays due and is tried again)`, way, notice)) delivered.push(way);
  const sent = delivered.length === ways.length;
  await catalogue.incidents.change(database, kind, (open) => {
    const at = clock.now().toISOString();
    const isNew = delivered.length > before.length || ways.length === 0;
    return open && { ...open, ...(isNew && { toldAt: at }), alert: { state: sent ? 'sent' : 'due', at, ...(!sent && { delivered }) } };
  });
  return sent;
}

/** Returns the newest good backup, of the database itself if it has any; reads no records behind it. */
async function newestGood({ backups }: Catalogue, database: string): Promise<Backup | undefined> {
  let stranger: Backup | undefined;
  for await (const backup of itemsOf((page) => backups.list({ database, ...page }), 10)) {
    if (isGood(backup) && backup.stranger === undefined) return backup;
    if (isGood(backup)) stranger ??= backup;
  }
  return stranger;
}

/** Tells people by one way. A failure is logged: telling must stop neither the others nor the work that it reports. */
async function attempt(platform: With<'mailer' | 'notifier'>, about: string, way: string, notice: Notice): Promise<boolean> {
  try {
    await sendBy(platform, way, notice);
    return true;
  } catch (error) {
    const partly = error instanceof MailRefusedError && error.partly; // it goes to nobody twice for whom it cannot reach
    const what = partly ? 'did not reach everybody' : `${about} could not be sent`;
    platform.log.error(`the ${way === 'mail' ? 'mail' : `message by ${way}`} ${what}: ${reasonOf(error).message}`);
    return partly;
  }
}
