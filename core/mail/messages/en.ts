import type { Backup } from '../../catalogue/backups.ts';
import type { Incident, IncidentKind } from '../../catalogue/incidents.ts';
import type { Messages } from './messages.ts';
import { bytesIn, errorNameOf, instantIn, spanIn } from './wording.ts';

const locale = 'en-GB';

const titles: Record<IncidentKind, string> = {
  'backup-failed': 'the backup failed',
  'rotation-failed': 'old backups could not be retired',
  'backup-refuted': 'a backup does not restore',
  'backup-missing': 'a backup has gone from the vault',
  'sweep-failed': 'the clean-up failed',
};

export const english: Messages = {
  alert: (incident, lastGood, now, timeZone) => ({
    subject: `[Sauvegarde] ${incident.database ?? 'vault'}: ${titles[incident.kind]}`,
    text: [
      `${concerned(incident)}: ${titles[incident.kind]}.`,
      '',
      `What happened:  ${english.meaning[errorNameOf(incident)]}`,
      `                ${incident.last.error.message}`,
      `                (${incident.last.error.name}, ${incident.last.subject.split(' ')[0]}, ${instantIn(locale, incident.last.at, timeZone)})`,
      `Since:          ${instantIn(locale, incident.since, timeZone)}${incident.count > 1 ? `, ${incident.count} times so far` : ''}`,
      ...(incident.database === undefined ? [] : [lastGoodOne(lastGood, now)]),
      '',
      `What to try:    ${english.advice[errorNameOf(incident)]}`,
      '',
      'You get this mail once a day at most while it lasts, and another when it is over.',
      '',
    ].join('\n'),
  }),
  over: (incident, timeZone) => ({
    subject: `[Sauvegarde] ${incident.database ?? 'vault'}: over: ${titles[incident.kind]}`,
    text: [
      `${concerned(incident)}: it works again.`,
      '',
      `What was wrong: ${titles[incident.kind]} (${incident.last.error.message})`,
      `From:           ${instantIn(locale, incident.since, timeZone)}`,
      `To:             ${instantIn(locale, incident.endedAt ?? incident.last.at, timeZone)}`,
      '',
    ].join('\n'),
  }),
  meaning: {
    ConfigurationError: 'the configuration cannot work',
    SourceMissingError: 'the database is not where the configuration says',
    SourceUnreadableError: 'the database cannot be read',
    SourceLockedError: 'another program kept the database locked',
    SourceCorruptError: 'the database is damaged',
    SourceUnreachableError: 'the database server does not answer, or the connection was lost',
    AccessDeniedError: 'the database server refuses the user of the backup',
    TlsRefusedError: 'the connection to the database server is not secure as asked',
    DumpIncompleteError: 'the dump lacks something that the database has',
    DumpMalformedError: "the dump is not a whole one as the database's own tool writes it",
    ToolMissingError: 'a program that is needed is missing',
    ToolTooOldError: 'the database server is newer than the dump tool',
    ToolFailedError: 'a program that does part of the work failed',
    StorageFullError: 'a disk is full',
    StorageRefusedError: 'the vault or a folder could not be written',
    ObjectMissingError: 'files are missing from the vault',
    ObjectExistsError: 'something else has written into the vault',
    ChecksumError: 'stored bytes have changed',
    DocumentInvalidError: 'a file in the vault cannot be understood',
    BackupRefutedError: 'restoring the dump showed that it is no backup',
    CatalogueUnavailableError: 'the catalogue does not answer',
    SecretUnavailableError: 'the store of secrets does not answer',
    DatabaseBusyError: 'another run kept the database busy',
    InterruptedError: 'the run was interrupted',
    OutOfTimeError: 'the time for this step was over before the work was done',
    UnknownNameError: 'a name is unknown',
    RefusedError: 'an order could not be carried out',
    RestoreFailedError: 'a restore could not be completed',
    MailRefusedError: 'the mail server refused',
    UnexpectedError: 'something nobody foresaw',
  },
  advice: {
    ConfigurationError: 'Correct sauvegarde.config.ts; "sauvegarde doctor" checks it without dumping anything.',
    SourceMissingError: 'Check the path of the database in sauvegarde.config.ts, and that its disk is mounted.',
    SourceUnreadableError:
      'Check that the path names the database itself and that the user who runs Sauvegarde may read the file and, for WAL mode, write to its folder. Of a server: change what the message names, which its dump tool cannot write.',
    SourceLockedError: 'Find the program that keeps a long write transaction open on the database, or choose a quieter hour for the schedule.',
    SourceCorruptError:
      'The database itself is damaged. Stop the application, keep a copy of the file, and restore the last good backup or try "sqlite3 FILE .recover".',
    SourceUnreachableError: 'Check that the server runs, that host and port are right, and that this machine may reach it.',
    AccessDeniedError: 'Check the password, and give the user the right that is named (the role pg_read_all_data has them all).',
    TlsRefusedError:
      'Check the host name in the address, sslmode (a server that takes TLS only wants require or stricter) and sslrootcert, and that the certificate has not expired.',
    DumpIncompleteError:
      'Something was created or removed while dumping, or the user may not see it. Give the user the missing right; do not exclude what you need.',
    DumpMalformedError:
      'While backing up: see which tool "sauvegarde doctor" finds, and whether the message names something in the database that this tool writes in an unusual way. While restoring: "sauvegarde verify" the backup, and restore another.',
    ToolMissingError: 'Run "sauvegarde doctor", then "npm run layers", or install the database client of the version that is named.',
    ToolTooOldError: 'Install a newer database client, or take the one off PATH so that Sauvegarde uses its own; "npm run layers" builds it.',
    ToolFailedError: 'Run "sauvegarde doctor". If a program was killed, see whether the machine ran out of memory.',
    StorageFullError: 'Free space on the disk of the vault and of the state folder (temporary copies lie there), or raise the quota.',
    StorageRefusedError: 'Check that the vault folder exists on a mounted, healthy disk and that the user who runs Sauvegarde may write to it.',
    ObjectMissingError: 'Somebody or something removed files from the vault. Find out what did, and whether other backups are affected: "sauvegarde verify".',
    ObjectExistsError: 'Something other than this run wrote into the vault. Check whether two installations share one vault.',
    ChecksumError: 'The stored bytes have changed. Check the disk that holds the vault, and verify the other backups: "sauvegarde verify".',
    DocumentInvalidError: 'A file in the vault was altered, or written by a newer version of Sauvegarde. Update Sauvegarde, or check the disk.',
    BackupRefutedError: 'This dump does not restore. It stays a week for inspection. Check the disks and the memory of the machine, and the database itself.',
    CatalogueUnavailableError: "See whether DynamoDB throttles or has an outage, whether both tables are there, and whether the function's role may use them.",
    SecretUnavailableError: "See whether Secrets Manager has an outage, and whether the database's place has a way to it: an endpoint in the VPC, or a NAT.",
    DatabaseBusyError: 'Another run of this database has not ended. See "sauvegarde list"; if it hangs, stop it.',
    InterruptedError: 'Nothing needs to be done if the machine or the service was restarted on purpose: the slot is made up for at the next start.',
    OutOfTimeError:
      "The database takes longer than AWS allows: a proof has 15 minutes, a dump nearly eight hours. Read the log for what was slow: a lock, a network, a table that has grown. Exclude rows that need no backup, or write proof: 'off'.",
    UnknownNameError: 'See "sauvegarde list" for the names there are.',
    RefusedError: 'Read what stands in the way, and repeat the order once it is gone.',
    RestoreFailedError: 'Read what stopped it; restore into a new, empty database of a role that may make what the dump holds.',
    MailRefusedError:
      'Check local.mail.smtp and its password; "sauvegarde doctor" speaks to the mail server. On AWS, check in SES that the sender is verified and that sending is not paused.',
    UnexpectedError: 'Run "sauvegarde doctor", and look at the log of the run.',
  },
};

function concerned({ database }: Incident): string {
  return database === undefined ? 'The vault' : `Database ${database}`;
}

function lastGoodOne(backup: Backup | undefined, now: Date): string {
  if (!backup) return 'Last good one:  none. This database has no backup that can be restored.';
  return `Last good one:  ${backup.id}, ${spanIn(locale, now.getTime() - Date.parse(backup.startedAt))} old, ${bytesIn(locale, backup.size)}`;
}
