import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ConfigInput } from '../core/config/config.ts';
import type { ServerEngineName } from '../core/engines/cards.ts';
import type { FolderName } from '../core/programs/folders.ts';
import type { FunctionName } from './constructs/functions.ts';
import type { FileObjects, ServerObjects } from './database-objects.ts';

type DatabaseInput = ConfigInput['databases'][string];
type ServerInput = Extract<DatabaseInput, { engine: ServerEngineName }>;
type FileInput = Exclude<DatabaseInput, ServerInput>;
type Options<Input> = Input extends unknown ? Partial<Omit<Input, 'engine' | 'connection' | 'file' | 'place' | 'heartbeat'>> : never;

/**
 * A database: by the objects of a CDK app together with the other options that `docs/configuration.md` lists for its
 * engine (`schedule`, `keep`, `proof` …), or all as in `sauvegarde.config.ts`.
 */
export type SauvegardeDatabase = (ServerObjects & Options<ServerInput>) | (FileObjects & Options<FileInput>) | DatabaseInput;

/** Folders to deploy. */
export interface Assets {
  /** Folder of each function, with `handler.mjs` and `config.json`. */
  readonly code: Readonly<Record<FunctionName, string>>;
  /** Folders for CodeBuild: `main.mjs`, `config.json` and programs. */
  readonly builds: Readonly<Record<'dump' | 'prove', string>>;
  /** Folders that Lambda unpacks into `/opt`: each holds a folder of programs, by its name. */
  readonly layers: Readonly<Partial<Record<FolderName, string>>>;
}

/** Properties of `Sauvegarde`. Options that are not explained here are those of `docs/configuration.md`. */
export interface SauvegardeProps {
  /** Databases to back up, by names of your choice: `[a-z][a-z0-9-]{0,39}`. */
  readonly databases: Readonly<Record<string, SauvegardeDatabase>>;
  /** Addresses that get mail when something is wrong. */
  readonly administrators: readonly string[];
  /** Sender of mails; becomes an identity of SES unless `aws.senderVerified` is set. */
  readonly sender: string;
  /**
   * IANA time zone in which schedules are read and times are shown.
   *
   * @default 'UTC'
   */
  readonly timeZone?: ConfigInput['timeZone'];
  /**
   * Language of mails.
   *
   * @default 'en'
   */
  readonly language?: ConfigInput['language'];
  /**
   * Ways of telling people besides mail, by names or ARNs of secrets.
   *
   * @default none
   */
  readonly notify?: ConfigInput['notify'];
  /**
   * Secret with the address of a service that alarms when it hears nothing.
   *
   * @default none
   */
  readonly heartbeat?: ISecret | ConfigInput['heartbeat'];
  /**
   * Times of the clean-up, as five cron fields.
   *
   * @default '0 1 * * 0'
   */
  readonly sweep?: ConfigInput['sweep'];
  /**
   * Days during which a retired backup can be brought back.
   *
   * @default 30
   */
  readonly graceDays?: ConfigInput['graceDays'];
  /**
   * Size of all backups together above which they alarm.
   *
   * @default none
   */
  readonly storageBudget?: ConfigInput['storageBudget'];
  /**
   * Recipients for whom backups are encrypted, and the secret that opens them for proofs, as in `docs/encryption.md`.
   *
   * @default backups are not encrypted by Sauvegarde
   */
  readonly encryption?: ConfigInput['encryption'];
  /**
   * Places of databases that are written as in `sauvegarde.config.ts`.
   *
   * @default none
   */
  readonly places?: ConfigInput['places'];
  /**
   * Key that encrypts vault, tables, queue, topic and logs. Its policy must admit what `docs/deploy.md` lists.
   *
   * @default that of `aws.key`; otherwise AWS's own keys
   */
  readonly encryptionKey?: IKey;
  /**
   * Options of the stack, as in `sauvegarde.config.ts`. `stack` is not used: the construct is in a stack of yours.
   *
   * @default those of `docs/configuration.md`
   */
  readonly aws?: ConfigInput['aws'];
  /**
   * Folders that were made beforehand.
   *
   * @default made now, by a process of its own: bundles, and programs from a cache or from Debian's packages
   */
  readonly assets?: Assets;
}
