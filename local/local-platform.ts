import type { SqliteCatalogue } from '../core/catalogue/sqlite/catalogue.ts';
import type { Outbox } from '../core/mail/outbox.ts';
import type { SmtpMailer } from '../core/mail/smtp.ts';
import type { Copy } from '../core/operations/keeping/copies.ts';
import type { Platform } from '../core/platform.ts';
import type { LocalExecutions } from './executions.ts';
import type { MachineVault } from './machine-vault.ts';
import type { Presence } from './presence.ts';

/**
 * Platform of one machine: a folder or a bucket as vault, a SQLite file as catalogue, the interpreter as workflow. A
 * file here needs no link. Disposing of it leaves no trace of the process.
 */
export interface LocalPlatform extends Omit<Platform, 'links'>, Disposable {
  vault: MachineVault;
  /** Other vaults that hold the same backups. */
  copies: readonly (Copy & { vault: MachineVault })[];
  catalogue: SqliteCatalogue;
  mailer: Outbox | SmtpMailer;
  executions: LocalExecutions;
  presence: Presence;
  /** Folder of the catalogue, of unsent mail and of temporary files. */
  state: string;
}
