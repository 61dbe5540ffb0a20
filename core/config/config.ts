import * as z from 'zod';
import { cards, type EngineCard, type EngineName } from '../engines/cards.ts';
import { ConfigurationError } from '../errors.ts';
import { databaseName } from '../names.ts';
import { isTimeZone, mistakeInCron } from '../time/schedule.ts';
import { address, addresses } from './addresses.ts';
import { secret } from './connections.ts';
import { aws, backedUpBy, placeOfDatabase, places, placesThatAreNot } from './deployment.ts';
import { encryption } from './encryption.ts';
import { knownOptions, optionMeant } from './known-options.ts';
import { heartbeat, notify } from './notify.ts';
import { size } from './size.ts';
import { targets } from './targets.ts';
import { copiesSchema, vaultLocation } from './vault-location.ts';

const cron = z.string('write five cron fields such as "0 2 * * *"').superRefine((value, context) => {
  const mistake = mistakeInCron(value);
  if (mistake) context.addIssue({ code: 'custom', message: `${mistake}; write five cron fields such as "0 2 * * *" (every day at 02:00)` });
});

const count = (least: number) => {
  const what = `write a whole number from ${least} to 10000`;
  return z.int(what).min(least, what).max(10_000, what);
};

const path = z.string('write the path of a file or folder').min(1, 'write the path of a file or folder');

const keepMistake = 'write a whole number from 1 to 10000, or { last, weekly, monthly, yearly }';
const keepPolicy = z.strictObject(
  {
    last: count(1).default(30).describe('Number of newest good backups to keep; scheduled and manual ones are counted apart.'),
    weekly: count(0).default(0).describe('Number of weeks of which the newest good backup is kept too.'),
    monthly: count(0).default(0).describe('The same, for months.'),
    yearly: count(0).default(0).describe('The same, for years.'),
  },
  keepMistake,
);

const keep = z.union([count(1).transform((last) => ({ last, weekly: 0, monthly: 0, yearly: 0 })), keepPolicy], { error: keepMistake });

/** Options of every engine's databases. */
const common = {
  schedule: cron.default('0 2 * * *').describe('Times of backups: five cron fields, read in `timeZone`.'),
  keep: keep.default({ last: 30, weekly: 0, monthly: 0, yearly: 0 }).describe('Good backups to keep: a number, or `{ last, weekly, monthly, yearly }`.'),
  proof: z
    .enum(['every', 'daily', 'weekly', 'off'], 'write "every", "daily", "weekly" or "off"')
    .default('every')
    .describe('Backups that are proven by restoring them before they are published: every one, the first of each day or week, or none.'),
  compression: z.enum(['zstd', 'gzip', 'none'], 'write "zstd", "gzip" or "none"').default('zstd').describe('Compression of dumps in the vault.'),
  minimumSize: size
    .optional()
    .describe("Size before compression below which a backup alarms, such as `'200 MB'`. Without it, `docs/watching.md` says which sizes are unusual."),
  heartbeat,
  place: placeOfDatabase,
  backedUpBy,
};

type EntryOf<Of extends EngineCard> = Of extends { database: { shape: infer Shape extends z.ZodRawShape } }
  ? z.ZodObject<Shape & typeof common, z.core.$strict>
  : never;
type Entry = EntryOf<EngineCard>;
/** Schemas of a database, one for each engine. */
const entries = cards.map(({ database }) => (database as z.ZodObject).extend(common)) as unknown as [Entry, ...Entry[]];

/** Names of engines, for people, with the other products that they stand for. */
const engineList = () =>
  new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
    cards.map(
      ({ name, products: [, ...others] }) => `'${name}'${others.length > 0 ? ` (which is ${others.map((other) => other.name).join(' and ')} too)` : ''}`,
    ),
  );

const consoleMistake = 'write { port }, or false for no console';
const portMistake = 'write a port from 1 to 65535';
const localConsole = z.strictObject(
  {
    port: z
      .int(portMistake)
      .min(1, portMistake)
      .max(65_535, portMistake)
      .default(7423)
      .describe('The port, of this machine alone, on which a browser finds them.'),
  },
  consoleMistake,
);

const local = z.strictObject(
  {
    vault: vaultLocation
      .default('./backups')
      .describe('Folder of the backups, or `{ s3: { bucket } }` for a bucket of S3 or of a store like it; `docs/stores.md` has the stores.'),
    copies: copiesSchema(keep)
      .default([])
      .describe(
        'Other vaults that get every backup too: `[{ folder, keep }, { s3, keep }]`, with `s3` as in `local.vault`. Each copy is read back; one that is behind alarms.',
      ),
    state: path.default('./.sauvegarde').describe('Folder of the catalogue, of unsent mail and of temporary files.'),
    mail: z
      .strictObject(
        {
          smtp: secret
            .optional()
            .describe(
              "The mail server as a URL, `smtps://user:password@host:465`, best as `env('SMTP_URL')`. Without it mails are written to `outbox` in the state folder.",
            ),
        },
        'write { smtp }',
      )
      .prefault({}),
    console: z
      .union([z.literal(false), localConsole], { error: consoleMistake })
      .prefault({})
      .describe("The administrators' pages while `sauvegarde local` runs: `{ port }`, or `false` for none."),
    metrics: z
      .int('write a port from 1024 to 65535')
      .min(1024, 'write a port from 1024 to 65535')
      .max(65_535, 'write a port from 1024 to 65535')
      .optional()
      .describe('Port on which `sauvegarde local` serves `/metrics` to this machine alone, such as `9419`.'),
  },
  'write { vault, copies, state, mail, console, metrics }',
);

export const configSchema = z.strictObject(
  {
    timeZone: z
      .string('write an IANA time zone such as "Europe/Paris"')
      .refine(isTimeZone, 'is not a time zone that is known here; write an IANA name such as "Europe/Paris" or "America/Cayenne"')
      .default('UTC')
      .describe('IANA time zone in which schedules are read and times are shown.'),
    language: z.enum(['en', 'fr'], 'write "en" or "fr"').default('en').describe('Language of mails.'),
    administrators: addresses.default([]).describe('Addresses that get mail when something is wrong.'),
    notify,
    heartbeat,
    sender: address.default('sauvegarde@localhost.localdomain').describe('Sender of mails.'),
    sweep: cron.default('0 1 * * 0').describe('Times of the clean-up of files that no run owns: five cron fields, read in `timeZone`.'),
    graceDays: count(30).default(30).describe('Days during which a retired backup can be brought back; 30 at least.'),
    storageBudget: size.optional().describe("Size of all backups together, the retired ones included, above which they alarm, such as `'50 GB'`."),
    encryption,
    databases: z
      .record(
        z.string().regex(databaseName),
        z.discriminatedUnion('engine', entries, { error: () => `only these engines are supported; write engine: ${engineList()}` }),
        'write { name: { engine, … } }',
      )
      .refine((databases) => Object.keys(databases).length > 0, 'write at least one database')
      .describe('Databases to back up, by name: `[a-z][a-z0-9-]{0,39}`, independent of the name on their server.'),
    targets,
    places,
    local: local.prefault({}).describe('Settings for one machine.'),
    aws: aws.prefault({}).describe('Settings for AWS.'),
  },
  'write export default defineConfig({ databases: { … } })',
);
/** Adds the checks that concern several options. */
const wholeSchema = configSchema.superRefine((config, context) => {
  for (const { path, message } of placesThatAreNot(config)) context.addIssue({ code: 'custom', path, message });
});

/** Configuration as a person writes it. */
export type ConfigInput = z.input<typeof configSchema>;
/** Configuration as the product uses it, with every default filled in. */
export type Config = z.output<typeof configSchema>;
export type Database = Config['databases'][string];
/** Database that backups can be restored into. */
export type Target = Config['targets'][string];
export type TargetOf<Name extends EngineName> = Extract<Target, { engine: Name }>;
export type DatabaseOf<Name extends EngineName> = Extract<Database, { engine: Name }>;
export type KeepPolicy = z.output<typeof keepPolicy>;
/** Connection to a database on a server. */
export type ServerConnection = Extract<Database, { connection: unknown }>['connection'];
export type Secret = z.output<typeof secret>;
/** A secret, or its place in AWS: in Secrets Manager, or made by IAM for one user of one server. */
export type Reference = Secret | { secret: string } | { iam: { host: string; port: number; user: string } };

export type { BucketSettings, VaultLocation } from './vault-location.ts';

/** Types the one object that `sauvegarde.config.ts` exports; it is checked when it is loaded. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}

/** Names a secret in an environment variable, which is read where it is used, never before. */
export function env(name: string): { env: string } {
  return { env: name };
}

/**
 * Checks a configuration and fills in defaults. Throws one ConfigurationError with every mistake: where, what was
 * given, what to write.
 */
export function parseConfig(input: unknown, origin: string): Config {
  const parsed = wholeSchema.safeParse(input);
  const mistakes = [...hiddenNames(input), ...(parsed.error?.issues.flatMap((issue) => sentences(issue, input)) ?? [])];
  if (parsed.success && mistakes.length === 0) return parsed.data;
  throw new ConfigurationError(
    `${origin} has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${mistakes.map((line) => `  ${line}`).join('\n')}`,
  );
}

/**
 * Finds `__proto__` among the databases. zod drops it silently (and as a literal it sets the prototype), so somebody
 * would believe that database protected.
 */
function hiddenNames(input: unknown): string[] {
  const databases = at(input, ['databases']);
  if (typeof databases !== 'object' || databases === null) return [];
  const prototype: unknown = Object.getPrototypeOf(databases);
  const hidden = Object.hasOwn(databases, '__proto__') || ![Object.prototype, Array.prototype, null].includes(prototype as object | null);
  return hidden ? [notAName('__proto__')] : [];
}

function notAName(name: string): string {
  return `databases: ${JSON.stringify(name)} is not a name for a database; write lower-case letters, digits and hyphens, a letter first, 40 at most`;
}

function sentences(issue: z.core.$ZodIssue, input: unknown): string[] {
  const where = issue.path.join('.') || 'the configuration';
  const given = at(input, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = knownOptions(configSchema, issue.path, input);
    return issue.keys.map((key) => `${[...issue.path, key].join('.')} is not an option${known.length ? `; here are known: ${known.join(', ')}` : ''}`);
  }
  if (issue.code === 'invalid_key') return [notAName(String(issue.path.at(-1)))];
  const meant = issue.code === 'invalid_union' ? optionMeant(configSchema, issue.path, input) : -1;
  if (meant >= 0) return unionMistakes(issue as z.core.$ZodIssueInvalidUnion, meant, input);
  return [`${where}: ${given === undefined ? 'nothing was given' : quoted(given, issue.path)}; ${issue.message.replace(/^(is|has|names) /, 'it $1 ')}`];
}

/**
 * Returns the mistakes inside the object that was meant: for `keep: { last: 0 }` they say more than "neither a number
 * nor an object".
 */
function unionMistakes(issue: z.core.$ZodIssueInvalidUnion, meant: number, input: unknown): string[] {
  const inner = issue.errors[meant] ?? [];
  return inner.flatMap((deeper) => sentences({ ...deeper, path: [...issue.path, ...deeper.path] } as z.core.$ZodIssue, input));
}

function at(input: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined), input);
}

/** Quotes a given value, but neither objects nor values in the place of a password: errors are written into logs. */
function quoted(value: unknown, path: PropertyKey[]): string {
  const mayBeSecret =
    (typeof value === 'string' && /^\s*age-secret-key-/i.test(value)) ||
    path.at(-1) === 'env' ||
    path.includes('credentials') ||
    (path[0] === 'local' && path[1] === 'mail') ||
    path.some((part) => part === 'notify' || part === 'heartbeat');
  if (mayBeSecret && typeof value !== 'object') return 'what was given (not shown here)';
  if (typeof value === 'object' && value !== null) return `${Array.isArray(value) ? 'a list' : Object.keys(value).length > 0 ? 'an object' : '{}'} was given`;
  const text = typeof value === 'string' ? JSON.stringify(value.replace(/\/\/[^\s]*@/, '//…@')) : String(value);
  return `${text.length > 80 ? `${text.slice(0, 77)}…` : text} was given`;
}
