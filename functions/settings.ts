import * as z from 'zod';
import { ConfigurationError } from '../core/errors.ts';

const name = z.string().min(1);

/** What a deployment tells a function, or a build, by its environment. Each is told only what it needs. */
const settings = z.object({
  /** The bucket that is the vault. */
  SAUVEGARDE_BUCKET: name,
  /** The catalogue's two tables. */
  SAUVEGARDE_TABLE: name,
  SAUVEGARDE_AUDIT_TABLE: name,
  /** The state machine's ARN. */
  SAUVEGARDE_WORKFLOW: name,
  /** The name or ARN of the function that may retire. */
  SAUVEGARDE_ROTATE: name,
  /** Where the layers' folders are; Lambda unpacks them here. */
  SAUVEGARDE_PROGRAMS: name.default('/opt'),
  /** What a build is to dump, and how long it has. */
  SAUVEGARDE_RUN: name,
  SAUVEGARDE_EXECUTION: name,
  SAUVEGARDE_MINUTES: z.coerce.number().positive(),
});

export type Settings = z.output<typeof settings>;
export type SettingName = keyof Settings;

/** Reads the settings of these names. Throws a ConfigurationError that names all that are missing, and quotes nothing of the environment. */
export function parseSettings<Name extends SettingName>(names: readonly Name[], environment: NodeJS.ProcessEnv): Pick<Settings, Name> {
  const mask = Object.fromEntries(names.map((each) => [each, true])) as { [Each in SettingName]?: true };
  const parsed = settings.pick(mask).safeParse(environment);
  if (parsed.success) return parsed.data as Pick<Settings, Name>;
  const missing = parsed.error.issues.map(({ path }) => path.join('.'));
  throw new ConfigurationError(`this function lacks ${missing.join(', ')} in its environment; deploy it again`);
}
