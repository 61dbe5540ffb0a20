import * as z from 'zod';
import { ConfigurationError } from '../core/errors.ts';

const name = z.string().min(1);

/** Settings of functions and builds, from their environment. Each gets only those that it needs. */
const settings = z.object({
  /** Bucket that is the vault. */
  SAUVEGARDE_BUCKET: name,
  /** Tables of the catalogue. */
  SAUVEGARDE_TABLE: name,
  SAUVEGARDE_AUDIT_TABLE: name,
  /** ARN of the state machine. */
  SAUVEGARDE_WORKFLOW: name,
  /** ARN of the state machine of proofs on demand. */
  SAUVEGARDE_VERIFY_WORKFLOW: name,
  /** ARN of the state machine of restores; empty where no target is declared. */
  SAUVEGARDE_RESTORE_WORKFLOW: z.string().default(''),
  /** ARN of the alarms' topic. */
  SAUVEGARDE_ALARMS: name,
  /** Name or ARN of the function that may retire. */
  SAUVEGARDE_ROTATE: name,
  /** Names of the functions that dump, by place: `private=dump-1 other=dump-2`. */
  SAUVEGARDE_DUMPERS: name,
  /** Names of the functions by which the console acts. */
  SAUVEGARDE_START: name,
  SAUVEGARDE_SIGN: name,
  SAUVEGARDE_ADMINISTER: name,
  /** Origin of the console, and the one of downloads. */
  SAUVEGARDE_ORIGIN: name,
  SAUVEGARDE_DOWNLOADS: name,
  /** Secret with the key that seals the console's sessions. */
  SAUVEGARDE_SESSION_KEY: name,
  /** Stack, as the command line names it. */
  SAUVEGARDE_STACK: name,
  /** Provider of identities, its client, and where its sessions end if it does not say so itself. */
  SAUVEGARDE_ISSUER: name,
  SAUVEGARDE_CLIENT: name,
  SAUVEGARDE_SIGN_OUT: z.string().default(''),
  /** Secret key of age by which a proof opens what it proves; empty if nothing is encrypted. */
  SAUVEGARDE_IDENTITY: z.string().default(''),
  /** Folder of the layers' folders; Lambda unpacks them here. */
  SAUVEGARDE_PROGRAMS: name.default('/opt'),
  /** Place whose databases are dumped here, or whose targets are restored into; empty if they are all. */
  SAUVEGARDE_PLACE: z.string().default(''),
  /** Folder of a file system that is mounted here, and its access point; empty if there is none. */
  SAUVEGARDE_MOUNT: z.string().default(''),
  SAUVEGARDE_ACCESS_POINT: z.string().default(''),
  /** Dump that a build makes, and the build's time. */
  SAUVEGARDE_RUN: name,
  SAUVEGARDE_EXECUTION: name,
  /** Dump that a build proves, or backup that it restores, as JSON. */
  SAUVEGARDE_TO_PROVE: name,
  SAUVEGARDE_TO_RESTORE: name,
  /** Check that a build makes instead of its usual work, as JSON; empty for none. */
  SAUVEGARDE_CHECK: z.string().default(''),
  SAUVEGARDE_MINUTES: z.coerce.number().positive(),
});

export type Settings = z.output<typeof settings>;
export type SettingName = keyof Settings;

/**
 * Reads the settings of these names. Throws ConfigurationError with the names of all that are missing; it quotes
 * nothing of the environment.
 */
export function parseSettings<Name extends SettingName>(names: readonly Name[], environment: NodeJS.ProcessEnv): Pick<Settings, Name> {
  const mask = Object.fromEntries(names.map((each) => [each, true])) as { [Each in SettingName]?: true };
  const parsed = settings.pick(mask).safeParse(environment);
  if (parsed.success) return parsed.data as Pick<Settings, Name>;
  const missing = parsed.error.issues.map(({ path }) => path.join('.'));
  throw new ConfigurationError(`this function lacks ${missing.join(', ')} in its environment; deploy it again`);
}
