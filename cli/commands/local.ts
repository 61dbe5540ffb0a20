import { relative } from 'node:path';
import type { Command } from 'commander';
import { DamagedCatalogueError } from '../../core/catalogue/damaged.ts';
import type { Database } from '../../core/config/config.ts';
import { type ErrorName, reasonOf } from '../../core/errors.ts';
import { counted } from '../../core/figures.ts';
import { messagesIn } from '../../core/mail/messages/languages.ts';
import { SmtpMailer } from '../../core/mail/smtp.ts';
import { engineOf } from '../../core/operations/backup/engine-of.ts';
import { workFor } from '../../core/operations/backup/work.ts';
import { allStandings } from '../../core/operations/keeping/standing.ts';
import type { ConsoleSurroundings, ServedConsole } from '../../local/console.ts';
import { loadForService } from '../../local/load-for-service.ts';
import { serveMetrics } from '../../local/metrics-server.ts';
import type { LocalPlatform } from '../../local/open-platform.ts';
import { recover } from '../../local/recover.ts';
import { serveSchedules, type Told, upcoming } from '../../local/scheduler.ts';
import { UnderWay } from '../../local/under-way.ts';
import { addressVariable, protecting } from '../chosen-config.ts';
import { type CommonOptions, type Session, talk, withSession } from '../context.ts';
import { describeBackup } from '../describe.ts';
import { fileExample, fileProducts } from '../examples.ts';
import { isErrorName } from '../exit.ts';
import { local, print } from '../output.ts';

/** Number of databases that are backed up at once. */
const atOnce = 2;

export function register(program: Command): void {
  program
    .command('local')
    .description('protect the configured databases on this machine: make up for what was missed, then stay and serve every schedule')
    .argument('[file]', `protect this ${fileProducts} file instead`)
    .addHelpText('after', `\nExamples:\n  sauvegarde local\n  sauvegarde local /srv/app/${fileExample}\n\nCtrl-C stops it cleanly.\n`)
    .action(async (file: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const underWay = new UnderWay();
      const loaded = file === undefined ? undefined : await protecting(file, options);
      await withSession(
        options,
        async (session) => {
          const isTyped = file !== undefined || (process.stderr.isTTY && process.env[addressVariable] !== undefined);
          if (isTyped) await refuseWhatCannotWork(session.platform, session.signal);
          await serve(session, underWay);
        },
        { loaded, atOnce, mends: true, log: underWay.watching(talk) },
      );
    });
}

async function serve(session: Session, underWay: UnderWay): Promise<void> {
  const { platform, signal, talk } = session;
  if (platform.mailer instanceof SmtpMailer) platform.mailer.address();
  await loadForService(platform);
  const damage = new AbortController();
  const told: Told = async (database, ended) => {
    try {
      const end = await ended;
      if (end.status === 'SUCCEEDED') await report(session, end.name);
      else if (end.status === 'FAILED')
        talk.warn(`what to try: ${messagesIn('en').advice[isErrorName(end.error ?? '') ? (end.error as ErrorName) : 'UnexpectedError']}`);
    } catch (error) {
      // settling itself failed, because the catalogue cannot be written; the next start settles
      talk.error(`${database}: ${reasonOf(error).message}`);
      // the next start mends it and makes up for the slot; a supervisor starts us again
      if (error instanceof DamagedCatalogueError) damage.abort(error);
    }
  };
  await using served = await consoleOf(session, { underWay, told });
  print(await introduction(platform, served));
  if (platform.presence.others().some(({ alive }) => alive)) talk.info('another Sauvegarde is running here. This one waits and takes over if that one stops');
  await recover(platform);
  await using _ = await metricsOf(session);
  await serveSchedules(platform, told, AbortSignal.any([signal, damage.signal]));
  damage.signal.throwIfAborted();
  print('stopped');
}

/** Serves the console, unless that is off. A port that cannot be had gives a warning, and stops nothing. */
async function consoleOf(
  { author, platform, signal, talk }: Session,
  work: Pick<ConsoleSurroundings, 'underWay' | 'told'>,
): Promise<ServedConsole | undefined> {
  const { console: settings } = platform.config.local;
  if (settings === false) return undefined;
  try {
    const { serveConsole } = await import('../../local/console.ts');
    return await serveConsole(platform, settings.port, { ...work, person: author.by.replace(/^cli:/, 'console:'), signal });
  } catch (error) {
    talk.warn(`there is no console: ${reasonOf(error).message}; choose another by local.console: { port }. Backups go on`);
    return undefined;
  }
}

/** Serves metrics, if that is configured. The first of several processes on a machine does. */
async function metricsOf({ platform, talk }: Session): Promise<AsyncDisposable | undefined> {
  const { metrics } = platform.config.local;
  if (metrics === undefined) return undefined;
  try {
    const server = await serveMetrics(platform, metrics);
    talk.info(`metrics are served at http://127.0.0.1:${server.port}/metrics`);
    return server;
  } catch (error) {
    // backups go on without
    talk.error(reasonOf(error).message);
    return undefined;
  }
}

/**
 * Checks a file or an address that somebody has just typed, at once. A configured one is not checked: a disk that is
 * missing when the service starts is a failed run, which reaches the administrators.
 */
async function refuseWhatCannotWork(platform: LocalPlatform, signal: AbortSignal): Promise<void> {
  for (const [name, database] of Object.entries(platform.config.databases))
    await engineOf(platform, database.engine).examine(database, workFor(platform, name, signal));
}

async function report({ platform, talk }: Session, id: string): Promise<void> {
  const backup = await platform.catalogue.backups.get(id);
  if (!backup) return; // the slot had been served before
  talk.clear();
  print(describeBackup(backup, (key) => platform.vault.locate(key)));
  const next = upcoming(platform).backups.find(({ database }) => database === backup.database);
  if (next) print(`  next     ${local(next.at, platform.config.timeZone)} (${platform.config.timeZone})`);
}

async function introduction(platform: LocalPlatform, served: ServedConsole | undefined): Promise<string> {
  const { config } = platform;
  const { backups, sweep } = upcoming(platform);
  const newest = new Map((await allStandings(platform)).map(({ database, lastGood }) => [database, lastGood]));
  const lines = backups.map(({ database, at }) => {
    const last = newest.get(database);
    const source = config.databases[database] as Database;
    const { engine, keep, proof } = source;
    return [
      `  ${database}`,
      `    what     ${engine}, ${sourceForPeople(source)}`,
      `    newest   ${last ? `${last.id} (proof: ${last.proof.verdict})` : 'none yet'}`,
      `    next     ${local(at, config.timeZone)}`,
      `    keeps    the newest ${keep.last}; proof: ${proof}`,
    ].join('\n');
  });
  return [
    `Sauvegarde protects ${counted(backups.length, 'database')}; times are in ${config.timeZone}`,
    ...lines,
    `  mails     ${mailsOf(platform)}`,
    ...(served ? [`  console   ${served.link()} (works once; "sauvegarde console" prints another)`] : []),
    `  backups go to ${typeof config.local.vault === 'string' ? here(config.local.vault) : platform.vault.place}; clean-up ${local(sweep, config.timeZone)}; Ctrl-C stops`,
  ].join('\n');
}

/** Names the place of a database; for an address, which holds a password, only its source. */
function sourceForPeople(database: Database): string {
  if ('file' in database) return here(database.file);
  const { connection } = database;
  if ('iam' in connection) return `${connection.iam.database} at ${connection.iam.host}`;
  if ('secret' in connection) return `the address in the secret ${connection.secret}`;
  const { url } = connection;
  return typeof url === 'string' ? 'the configured address' : `the address in ${url.env}`;
}

function mailsOf({ config, mailer, state }: LocalPlatform): string {
  if (config.administrators.length === 0) return 'no administrators are configured: nobody gets mail when something is wrong';
  const to = config.administrators.join(', ');
  return mailer instanceof SmtpMailer ? `go to ${to}` : `for ${to} are only written to ${here(state)}/outbox: no mail server is configured`;
}

function here(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : `./${short}`;
}
