/**
 * Base of our errors. The literal `name` is the whole vocabulary between code and workflow: `backup.asl.json` retries
 * or gives up by it, and `mail/messages` chooses its advice by it. A message says what was wrong and what was given; it
 * never holds row contents or passwords.
 */
export abstract class SauvegardeError extends Error {
  /** False if the error is not retryable: the workflow then does not try the step again. */
  static readonly retryable: boolean = true;
  abstract override readonly name: ErrorName;
}

/** A setting of a person cannot work: the configuration file, an option, an address. */
export class ConfigurationError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'ConfigurationError';
}

/** The source is not where the configuration says. */
export class SourceMissingError extends SauvegardeError {
  override readonly name = 'SourceMissingError';
}

/**
 * The source is there, but this process may not read it, it is not of its engine's kind, or its engine's tool cannot
 * dump something in it.
 */
export class SourceUnreadableError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'SourceUnreadableError';
}

/** Another process kept the source locked for longer than we wait. */
export class SourceLockedError extends SauvegardeError {
  override readonly name = 'SourceLockedError';
}

/** No connection to the server, or it was lost on the way. */
export class SourceUnreachableError extends SauvegardeError {
  override readonly name = 'SourceUnreachableError';
}

/** The server refuses this user: a password, or a right that a complete dump needs. */
export class AccessDeniedError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'AccessDeniedError';
}

/** The server's certificate does not prove its identity, or one of the two does not speak TLS. */
export class TlsRefusedError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'TlsRefusedError';
}

/** The dump lacks something that the server has in the same snapshot. */
export class DumpIncompleteError extends SauvegardeError {
  override readonly name = 'DumpIncompleteError';
}

/**
 * The bytes are not a whole dump as the engine's own tool writes it. While dumping, the tool has failed; a stored dump
 * like this is refuted.
 */
export class DumpMalformedError extends SauvegardeError {
  override readonly name = 'DumpMalformedError';
}

/** A program that the engine needs is not on this machine, and could not be obtained. */
export class ToolMissingError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'ToolMissingError';
}

/** The server is newer than the tool: its dump would not be complete. */
export class ToolTooOldError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'ToolTooOldError';
}

/** The source is damaged, and a copy would be as damaged. */
export class SourceCorruptError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'SourceCorruptError';
}

/** A program that does part of the work failed. */
export class ToolFailedError extends SauvegardeError {
  override readonly name = 'ToolFailedError';
}

/** A disk is full, or a quota or file-size limit was met. */
export class StorageFullError extends SauvegardeError {
  override readonly name = 'StorageFullError';
}

/** The vault, or another folder that must take files, refuses a write. */
export class StorageRefusedError extends SauvegardeError {
  override readonly name = 'StorageRefusedError';
}

/** The vault holds nothing under this key. */
export class ObjectMissingError extends SauvegardeError {
  override readonly name = 'ObjectMissingError';
}

/** The key is taken. Keys are never overwritten. */
export class ObjectExistsError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'ObjectExistsError';
}

/** The vault belongs to another machine. */
export class VaultOwnedError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'VaultOwnedError';
}

/** The name leads to another database than before. It costs no backup: those of the other one count apart. */
export class SourceChangedError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'SourceChangedError';
}

/** A restore test of AWS Backup has restored less than the backups of the same database hold. */
export class RestoreTestFailedError extends SauvegardeError {
  override readonly name = 'RestoreTestFailedError';
}

/** A copy of the backups lacks some of them. The vault itself has them. */
export class CopyBehindError extends SauvegardeError {
  override readonly name = 'CopyBehindError';
}

/** Bytes read from the vault differ from those written, or bytes written differ from those measured on the way. */
export class ChecksumError extends SauvegardeError {
  override readonly name = 'ChecksumError';
}

/** A file is encrypted, and nothing that is known here opens it: no identity was given, or another's. */
export class KeyMissingError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'KeyMissingError';
}

/** A file beside a backup (manifest, scan, proof) cannot be understood. */
export class DocumentInvalidError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'DocumentInvalidError';
}

/** All rows of the backup come back, but not every statement of it runs. */
export class BackupFlawedError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'BackupFlawedError';
}

/** Restoring the dump gave other contents than the source's: it is no backup. */
export class BackupRefutedError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'BackupRefutedError';
}

/** The catalogue does not answer, refuses or is too busy. Retryable. */
export class CatalogueUnavailableError extends SauvegardeError {
  override readonly name = 'CatalogueUnavailableError';
}

/**
 * The store of secrets does not answer or is too busy. Retryable; a secret that does not exist is a ConfigurationError.
 */
export class SecretUnavailableError extends SauvegardeError {
  override readonly name = 'SecretUnavailableError';
}

/** Another run holds the database's lease. */
export class DatabaseBusyError extends SauvegardeError {
  override readonly name = 'DatabaseBusyError';
}

/** The work was stopped from outside: Ctrl-C, a shutdown, a killed process. */
export class InterruptedError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'InterruptedError';
}

/** A function or a build ran out of time before the work was done, and would do so again. */
export class OutOfTimeError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'OutOfTimeError';
}

/** No database, backup or run has the given name. */
export class UnknownNameError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'UnknownNameError';
}

/** The state of the backup or the target does not allow the order. */
export class RefusedError extends SauvegardeError {
  static override readonly retryable = false;
  override readonly name = 'RefusedError';
}

/** A restore could not be completed. The target is as it was, unless the message says otherwise. */
export class RestoreFailedError extends SauvegardeError {
  override readonly name = 'RestoreFailedError';
}

/** The mail server did not take a message for one of its recipients at least. */
export class MailRefusedError extends SauvegardeError {
  override readonly name = 'MailRefusedError';
  /** True if it took the message for others: sent again, it would reach them twice. */
  partly = false;
}

/** A webhook, or the service of a heartbeat, did not take a message. */
export class WebhookRefusedError extends SauvegardeError {
  override readonly name = 'WebhookRefusedError';
}

/** An error that none of the above covers; its message is the original one. */
export class UnexpectedError extends SauvegardeError {
  override readonly name = 'UnexpectedError';
}

/** Classes by their names. */
const classes = {
  ConfigurationError,
  SourceMissingError,
  SourceUnreadableError,
  SourceLockedError,
  SourceCorruptError,
  SourceUnreachableError,
  AccessDeniedError,
  TlsRefusedError,
  DumpIncompleteError,
  DumpMalformedError,
  ToolMissingError,
  ToolTooOldError,
  ToolFailedError,
  StorageFullError,
  StorageRefusedError,
  ObjectMissingError,
  ObjectExistsError,
  VaultOwnedError,
  SourceChangedError,
  RestoreTestFailedError,
  CopyBehindError,
  ChecksumError,
  KeyMissingError,
  DocumentInvalidError,
  BackupFlawedError,
  BackupRefutedError,
  CatalogueUnavailableError,
  SecretUnavailableError,
  DatabaseBusyError,
  InterruptedError,
  OutOfTimeError,
  UnknownNameError,
  RefusedError,
  RestoreFailedError,
  MailRefusedError,
  WebhookRefusedError,
  UnexpectedError,
} as const;

export type ErrorName = keyof typeof classes;
export const errorNames = Object.keys(classes) as ErrorName[];
/** Names of the errors that are not retryable. */
export const notRetryable = errorNames.filter((name) => !classes[name].retryable);

/** Returns the name and message under which the workflow, the records and the mails know an error. */
export function reasonOf(error: unknown): { name: ErrorName; message: string } {
  if (error instanceof SauvegardeError) return { name: error.name, message: error.message };
  if (error instanceof SuppressedError) return reasonOf(error.suppressed); // then its clean-up failed too
  if (error instanceof Error) return { name: 'UnexpectedError', message: `${error.name}: ${error.message}` };
  return { name: 'UnexpectedError', message: String(error) };
}

/** Makes the error of that name, which came as text from another process; UnexpectedError if the name is not ours. */
export function errorFrom(name: string, message: string, options?: ErrorOptions): SauvegardeError {
  return Object.hasOwn(classes, name) ? new classes[name as ErrorName](message, options) : new UnexpectedError(`${name}: ${message}`, options);
}

/** Returns the error that ended work: a fired signal's reason, unless the error explains it, as its cause. */
export function endOf(error: unknown, signal: AbortSignal): unknown {
  const explains = error instanceof SauvegardeError && error.cause === signal.reason;
  return signal.aborted && !explains ? signal.reason : error;
}
