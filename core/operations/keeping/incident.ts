import { isGood } from '../../catalogue/backups.ts';
import type { Details, IncidentKind } from '../../catalogue/incidents.ts';
import { all } from '../../catalogue/page.ts';
import { reasonOf } from '../../errors.ts';
import { messagesIn } from '../../mail/messages/languages.ts';
import type { Letter } from '../../mail/messages/letter.ts';
import type { With } from '../../platform.ts';
import { dayOf } from '../../time/periods.ts';
import { noteStanding } from './standing.ts';

/** Time for sending an alert, in milliseconds, after which the next process sends it. */
const sendingTakesAtMostMs = 5 * 60_000;

/**
 * Opens the incident, or adds to the open one, and alerts the administrators: once for each subject (run or backup),
 * and at most once a day while it lasts. Returns false if the mail could not be sent. Then it is logged and stays due;
 * `alertWhatIsDue` tries again, and so does a repetition of this.
 */
export async function openIncident(
  platform: With<'catalogue' | 'mailer'>,
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
    const told = open.alert.state === 'sent' && dayOf(new Date(open.alert.at), platform.config.timeZone) === today;
    return { ...open, last, count: open.count + 1, alert: told ? open.alert : { state: 'due', at } };
  });
  const sent = await alert(platform, database, kind);
  if (database !== undefined) await noteStanding(platform, database);
  return sent;
}

/** Ends the incident, if there is one, and notifies those who were alerted. */
export async function endIncident(platform: With<'catalogue' | 'mailer'>, database: string | undefined, kind: IncidentKind): Promise<void> {
  const endedAt = platform.clock.now().toISOString();
  let told = false;
  const ended = await platform.catalogue.incidents.change(database, kind, (open) => {
    told = open?.toldAt !== undefined || open?.alert.state === 'sending';
    return open && { ...open, endedAt };
  });
  if (!ended) return;
  if (database !== undefined) await noteStanding(platform, database);
  if (!told) return;
  await attempt(platform, `that ${kind} of ${database ?? 'the vault'} is over`, () =>
    send(platform, messagesIn(platform.config.language).over(ended, platform.config.timeZone)),
  );
}

/** Sends the alerts that could not be sent before. */
export async function alertWhatIsDue(platform: With<'catalogue' | 'mailer'>): Promise<void> {
  for (const { database, kind } of await all((page) => platform.catalogue.incidents.list(page))) {
    await alert(platform, database, kind);
    if (database !== undefined) await noteStanding(platform, database);
  }
}

/** Sends the alert if it is due. Returns false if it could not be sent. */
async function alert(platform: With<'catalogue' | 'mailer'>, database: string | undefined, kind: IncidentKind): Promise<boolean> {
  const { catalogue, clock, config } = platform;
  let mine = false;
  const incident = await catalogue.incidents.change(database, kind, (open) => {
    mine =
      open !== undefined &&
      (open.alert.state === 'due' || (open.alert.state === 'sending' && clock.now().getTime() - Date.parse(open.alert.at) > sendingTakesAtMostMs));
    return open && mine ? { ...open, alert: { state: 'sending', at: clock.now().toISOString() } } : undefined;
  });
  if (!incident || !mine) return true;
  const lastGood = database === undefined ? undefined : (await all((page) => catalogue.backups.list({ database, ...page }))).find(isGood);
  const sent = await attempt(platform, `of ${kind} for ${database ?? 'the vault'} (it stays due and is tried again)`, () =>
    send(platform, messagesIn(config.language).alert(incident, lastGood, clock.now(), config.timeZone)),
  );
  await catalogue.incidents.change(database, kind, (open) => {
    const at = clock.now().toISOString();
    return open && { ...open, ...(sent && { toldAt: at }), alert: { state: sent ? 'sent' : 'due', at } };
  });
  return sent;
}

async function send({ config, mailer, log }: With<'mailer'>, { subject, text, html }: Letter): Promise<void> {
  if (config.administrators.length === 0) {
    log.warn(`no administrators are configured, so nobody gets the mail: ${subject}`);
    return;
  }
  await mailer.send({ from: config.sender, to: config.administrators, subject, text, html });
}

/** Sends a mail. On failure, logs it and goes on: the mail must not stop the work that it reports. */
async function attempt({ log }: With<never>, about: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    log.error(`the mail ${about} could not be sent: ${reasonOf(error).message}`);
    return false;
  }
}
