import type { Backup } from '../../catalogue/backups.ts';
import type { Incident, IncidentKind, WatchedKind } from '../../catalogue/incidents.ts';
import { letterOf } from './letter.ts';
import type { Messages } from './messages.ts';
import { watchedEnglish } from './watched-en.ts';
import { bytesIn, errorNameOf, instantIn, isWatched, salvage, spanIn } from './wording.ts';

const locale = 'en-GB';

const titles: Record<Exclude<IncidentKind, WatchedKind>, string> = {
  'backup-failed': 'the backup failed',
  'source-changed': 'the name leads to another database',
  'proof-failed': 'the backup could not be proven',
  'rotation-failed': 'old backups could not be retired',
  'backup-flawed': 'the backup is kept, but a part of it is missing or does not work',
  'backup-refuted': 'a backup cannot be restored',
  'backup-missing': 'a backup has gone from the vault',
  'copy-behind': 'a copy of the backups is behind',
  'restore-test-failed': 'a restore test of AWS Backup failed',
  'sweep-failed': 'the clean-up failed',
};

const resolved: Record<Exclude<IncidentKind, WatchedKind>, string> = {
  'backup-failed': 'backups work again',
  'source-changed': 'the name leads to an accepted database again',
  'proof-failed': 'backups are proven again',
  'rotation-failed': 'old backups can be retired again',
  'backup-flawed': 'the backup restores completely again',
  'backup-refuted': 'no backup fails its test restore any more',
  'backup-missing': 'no backup is missing from the vault any more',
  'copy-behind': 'every copy of the backups is up to date again',
  'restore-test-failed': 'the restore tests of AWS Backup succeed again',
  'sweep-failed': 'the clean-up works again',
};

export const english: Messages = {
  alert: (incident, lastGood, now, timeZone) => {
    const { count, database, kind, last, since } = incident;
    const watched = isWatched(kind) ? english.watched[kind] : undefined;
    const name = errorNameOf(incident);
    return letterOf({
      language: 'en',
      tone: 'alarm',
      subject: `[Sauvegarde] ${database ?? 'vault'}: ${titleOf(kind)}`,
      title: `${concerned(incident)}: ${titleOf(kind)}.`,
      facts: [
        {
          label: 'What happened',
          paragraphs: watched
            ? [last.details ? watched.message(last.details, timeZone) : last.error.message]
            : [english.meaning[name], last.error.message, `${last.error.name}, ${last.subject.split(' ')[0]}, ${instantIn(locale, last.at, timeZone)}`],
        },
        { label: 'Since', paragraphs: [`${instantIn(locale, since, timeZone)}${count > 1 && !watched ? `, ${count} times so far` : ''}`] },
        ...(database === undefined ? [] : [{ label: 'Last good backup', paragraphs: [lastGoodOne(lastGood, now)] }]),
        { label: 'What to try', paragraphs: [watched ? watched.remedy : english.advice[name]] },
      ],
      closing: 'You get this mail at most once a day while the problem lasts, and another when it is resolved.',
    });
  },
  over: (incident, timeZone) => {
    const { database, endedAt, kind, last, since } = incident;
    const said = isWatched(kind) && last.details ? english.watched[kind].message(last.details, timeZone) : last.error.message;
    return letterOf({
      language: 'en',
      tone: 'well',
      subject: `[Sauvegarde] ${database ?? 'vault'}: resolved: ${resolvedOf(kind)}`,
      title: `${concerned(incident)}: ${resolvedOf(kind)}.`,
      facts: [
        { label: 'What was wrong', paragraphs: [`${titleOf(kind)} (${said})`] },
        { label: 'From', paragraphs: [instantIn(locale, since, timeZone)] },
        { label: 'To', paragraphs: [instantIn(locale, endedAt ?? last.at, timeZone)] },
      ],
    });
  },
  test: (now, timeZone) =>
    letterOf({
      language: 'en',
      tone: 'well',
      subject: '[Sauvegarde] test: alerts reach you',
      title: 'This is a test: alerts reach you.',
      facts: [
        { label: 'Sent', paragraphs: [instantIn(locale, now.toISOString(), timeZone)] },
        { label: 'What to do', paragraphs: ['Nothing. Somebody has run "sauvegarde alert --test".'] },
      ],
    }),
  title: titleOf,
  watched: watchedEnglish,
  meaning: {
    ConfigurationError: 'the configuration cannot work',
    SourceMissingError: 'the database is not where the configuration says',
    SourceUnreadableError: 'the database cannot be read',
    SourceLockedError: 'another program kept the database locked',
    SourceCorruptError: 'the database is damaged',
    SourceUnreachableError: 'the database server does not answer, or the connection was lost',
    AccessDeniedError: 'the database server refuses the user of the backup',
    TlsRefusedError: 'the connection to the database server does not offer the required security',
    DumpIncompleteError: 'the dump lacks something that the database has',
    DumpMalformedError: "the dump is not complete, or not as the database's own tool writes it",
    ToolMissingError: 'a required program is missing',
    ToolTooOldError: 'the database server is newer than the dump tool',
    ToolFailedError: 'a program that does part of the work failed',
    StorageFullError: 'a disk is full',
    StorageRefusedError: 'the vault or a folder could not be written',
    ObjectMissingError: 'files are missing from the vault',
    ObjectExistsError: 'another program has written into the vault',
    VaultOwnedError: 'the vault belongs to another machine',
    SourceChangedError: 'the backup was made, but of another database than the ones before it, so it counts apart and displaces none of them',
    RestoreTestFailedError: 'AWS Backup restored less than the backups of Sauvegarde hold; these are not concerned',
    CopyBehindError: 'a copy of the backups lacks some of them; the vault itself has them',
    ChecksumError: 'stored bytes have changed',
    KeyMissingError: 'a file is encrypted, and the key that opens it was not given',
    DocumentInvalidError: 'a file in the vault cannot be understood',
    BackupFlawedError: 'all that could be read is in the backup, but something in the database cannot be read, does not work, or breaks its own rules',
    BackupRefutedError: 'the test restore failed',
    CatalogueUnavailableError: 'the catalogue does not answer',
    SecretUnavailableError: 'the store of secrets does not answer',
    DatabaseBusyError: 'another run kept the database busy',
    InterruptedError: 'the run was interrupted',
    OutOfTimeError: 'the step ran out of time before the work was done',
    UnknownNameError: 'the name is unknown',
    RefusedError: 'an order could not be carried out',
    RestoreFailedError: 'a restore could not be completed',
    MailRefusedError: 'the mail server refused a message',
    WebhookRefusedError: 'a webhook refused a message',
    UnexpectedError: 'an unexpected error',
  },
  advice: {
    ConfigurationError: 'Correct sauvegarde.config.ts; "sauvegarde doctor" checks it without dumping anything.',
    SourceMissingError: 'Check the path of the database in sauvegarde.config.ts, and that its disk is mounted.',
    SourceUnreadableError:
      'Check that the path names the database itself and that the user who runs Sauvegarde may read the file and, for WAL mode, write to its folder. On a server: change the object or setting that the message names.',
    SourceLockedError: 'Find the program that keeps a long write transaction open on the database, or choose a quieter hour for the schedule.',
    SourceCorruptError: `The database itself is damaged. Stop the application, keep a copy of it, and do what the message says. For a file: restore the last good backup, or try "${salvage('FILE')}".`,
    SourceUnreachableError: 'Check that the server runs, that host and port are right, and that this machine may reach it.',
    AccessDeniedError: 'Check the password, and give the user the right that the message names.',
    TlsRefusedError:
      'Check the host name in the address, sslmode (a server that accepts only TLS needs require or stricter) and sslrootcert, and that the certificate has not expired.',
    DumpIncompleteError:
      'An object was created or removed during the dump, or the user may not see it. Give the user the missing right; do not exclude tables that you need.',
    DumpMalformedError:
      'During a backup: check which tool "sauvegarde doctor" finds, and whether the message names an object that this tool writes in an unusual way. During a restore: check the backup with "sauvegarde verify", and restore another.',
    ToolMissingError: 'Run "sauvegarde doctor", then "npm run layers", or install the database client in the version that the message names.',
    ToolTooOldError: 'Install a newer database client, or remove the old one from PATH so that Sauvegarde uses its own, which "npm run layers" builds.',
    ToolFailedError: 'Run "sauvegarde doctor". If a program was killed, check whether the machine ran out of memory.',
    StorageFullError: 'Free space on the disk of the vault and of the state folder (it holds temporary copies), or raise the quota.',
    StorageRefusedError: 'Check that the vault folder exists on a mounted, healthy disk and that the user who runs Sauvegarde may write to it.',
    ObjectMissingError:
      'Files were removed from the vault. Find out by whom or by which program, and check the other backups: "sauvegarde verify". A backup that is lost for good is let go by "sauvegarde retire".',
    ObjectExistsError: 'Another program than this run wrote into the vault. Check whether two installations share one vault.',
    VaultOwnedError:
      'Give this machine a vault of its own (local.vault). If it takes the place of the other machine, which no longer runs: "sauvegarde rebuild --take-over".',
    SourceChangedError:
      'If that is right (a restore into a new server, an upgrade, a move), run "sauvegarde accept" with the name of the database. If not, correct its connection: it leads to a copy, or to another server.',
    RestoreTestFailedError:
      'The backups of Sauvegarde are not concerned. Find out why the recovery point of AWS Backup lacks what the message names, and do not rely on it until the next restore test has succeeded.',
    CopyBehindError:
      'The backups themselves are in the vault. Read why the copy could not be written, mend that, and run "sauvegarde copy"; it is tried again every hour.',
    ChecksumError: 'The stored bytes have changed. Check the disk that holds the vault, and verify the other backups: "sauvegarde verify".',
    KeyMissingError:
      'Give the identity (the secret key) of one of the recipients that the message names: --identity FILE, or encryption.identity in the configuration; "sauvegarde key check" tries it. If every one of them is lost, nobody can open this file: check the newer backups, and those made before encryption.',
    DocumentInvalidError: 'A file in the vault was altered, or written by a newer version of Sauvegarde. Update Sauvegarde, or check the disk.',
    BackupFlawedError:
      'The backup was kept, with every row that could be read. Mend the source as the message says; "sauvegarde show" lists everything. The next proven backup ends this incident.',
    BackupRefutedError:
      'This dump cannot be restored. The file is kept for a week for analysis. Check the disks and the memory of the machine, and the database itself.',
    CatalogueUnavailableError:
      "Check whether DynamoDB throttles or has an outage, whether both tables are there, and whether the function's role may use them.",
    SecretUnavailableError:
      "Check whether Secrets Manager has an outage, and whether it can be reached from the database's place: by an endpoint in the VPC, or a NAT gateway.",
    DatabaseBusyError: 'Another run of this database has not ended. "sauvegarde list --runs" shows it; if it hangs, stop it.',
    InterruptedError: 'Nothing needs to be done if the machine or the service was restarted on purpose: the missed backup is made at the next start.',
    OutOfTimeError:
      "The database takes longer than AWS allows: a dump or a proof has nearly eight hours. Look in the log for the slow part: a lock, a network, a table that has grown. Exclude rows that need no backup, or write proof: 'off'.",
    UnknownNameError: '"sauvegarde list" shows the known names.',
    RefusedError: 'Remove the obstacle that the message names, then repeat the command.',
    RestoreFailedError: 'The message says what stopped it. Restore into a new, empty database, as a role that may create everything in the dump.',
    MailRefusedError:
      'Check local.mail.smtp and its password; "sauvegarde doctor" tests the mail server. On AWS, check in SES that the sender is verified and that sending is not paused.',
    WebhookRefusedError: 'Check the address in the variable or secret that `notify` or `heartbeat` names; "sauvegarde alert --test" tries every way.',
    UnexpectedError: 'Run "sauvegarde doctor", and read the log of the run.',
  },
};

function titleOf(kind: IncidentKind): string {
  return isWatched(kind) ? watchedEnglish[kind].title : titles[kind];
}

function resolvedOf(kind: IncidentKind): string {
  return isWatched(kind) ? watchedEnglish[kind].resolved : resolved[kind];
}

function concerned({ database }: Incident): string {
  return database === undefined ? 'The vault' : `Database ${database}`;
}

function lastGoodOne(backup: Backup | undefined, now: Date): string {
  if (!backup) return 'none. This database has no backup that can be restored.';
  return `${backup.id}, ${spanIn(locale, now.getTime() - Date.parse(backup.startedAt))} old, ${bytesIn(locale, backup.size)}`;
}
