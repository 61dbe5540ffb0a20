import * as z from 'zod';

/**
 * Options of pg_dump that a database may have. None of them loses rows unasked or changes how rows are written, and the
 * completeness check knows what each leaves out.
 */
const dumpOptions = [
  '--load-via-partition-root',
  '--no-comments',
  '--no-owner',
  '--no-privileges',
  '--no-publications',
  '--no-security-labels',
  '--no-subscriptions',
  '--no-table-access-method',
  '--no-tablespaces',
  '--no-toast-compression',
  '--no-unlogged-table-data',
] as const;

/** Reasons why options that people ask for are not allowed. */
const reasons: [RegExp, string][] = [
  [/^--enable-row-security/, 'would leave out the rows that this user may not see, without an error'],
  [/^--((column|rows-per)-)?inserts?\b/, 'would write rows in a form that is neither counted nor compared'],
  [/^--extra-float-digits/, 'could lose digits of numbers'],
  [/^(-[as]|--(data-only|schema-only|section|statistics-only|no-data|no-schema))/, 'would leave out what a restore needs'],
  [
    /^(-[BnNtTe]|--(schema|table|exclude|include|extension|filter|no-large-objects|no-blobs))/,
    'chooses what is dumped; for schemas, tables and rows write include and exclude',
  ],
  [/^(-[FfZj]|--(format|file|compress|jobs))/, 'is settled: the dump is one stream of plain SQL; compression has an option of its own'],
  [/^(-[dhpUwW]|--(dbname|host|port|username|password|no-password|role))/, 'belongs into connection.url, if anywhere'],
  [/^--(snapshot|lock-wait-timeout|no-sync|encoding)|^-E/, 'is set by Sauvegarde'],
];

/** Explains to people why an option is refused, in one sentence. */
function refusal(option: unknown): string {
  const why = reasons.find(([pattern]) => typeof option === 'string' && pattern.test(option))?.[1];
  return `${why ? `it ${why}; ` : ''}allowed are ${dumpOptions.join(', ')}`;
}

const patternMistake = 'write a list of patterns such as "audit.*"';
const patterns = z.array(z.string(patternMistake).min(1, patternMistake), patternMistake).default([]);

/** Selection of what is dumped of a PostgreSQL database, in the configuration and in the scan. */
export const selectionShape = {
  include: z
    .strictObject(
      {
        schemas: patterns.describe("Only these schemas, by pg_dump's patterns. With include or exclude, dumps are not checked for missing objects."),
        tables: patterns.describe(
          "Only these tables, by pg_dump's patterns, instead of schemas. Types and functions that they need are left out; a schema that they need is made when they are restored.",
        ),
      },
      'write { schemas, tables }',
    )
    .prefault({}),
  exclude: z
    .strictObject(
      {
        schemas: patterns.describe("All but these schemas, by pg_dump's patterns."),
        tables: patterns.describe("All but these tables, by pg_dump's patterns."),
        rows: patterns.describe('Tables of which only the definition is kept.'),
      },
      'write { schemas, tables, rows }',
    )
    .prefault({}),
  options: z
    .array(z.enum(dumpOptions, { error: ({ input }) => refusal(input) }), 'write a list of options such as "--no-comments"')
    .default([])
    .describe("More of pg_dump's options. Parts that they leave out are in no backup."),
};

const selectionSchema = z.object(selectionShape);
export type Selection = z.output<typeof selectionSchema>;

/**
 * Returns a database's options with those that its contents need, in the dump of a restored one as well. Rows are not
 * loaded through tables that may be left out.
 */
export function optionsWith({ include, exclude, options }: Selection, needs: { scattered: boolean; unlogged?: boolean }): Selection['options'] {
  const hasAllTables = [include.schemas, include.tables, exclude.schemas, exclude.tables].every((each) => each.length === 0);
  const more = new Set(options);
  if (needs.scattered && hasAllTables) more.add('--load-via-partition-root');
  if (needs.unlogged) more.add('--no-unlogged-table-data');
  return [...more];
}

/** Builds pg_dump's arguments, for the dump and for the dump of a restored database that it is compared with. */
export function argumentsFor({ include, exclude, options }: Selection): string[] {
  return [
    ...(include.schemas.length + include.tables.length > 0 ? ['--strict-names'] : []),
    ...include.schemas.map((pattern) => `--schema=${pattern}`),
    ...include.tables.map((pattern) => `--table=${pattern}`),
    ...exclude.schemas.map((pattern) => `--exclude-schema=${pattern}`),
    ...exclude.tables.map((pattern) => `--exclude-table=${pattern}`),
    ...exclude.rows.map((pattern) => `--exclude-table-data=${pattern}`),
    ...options,
  ];
}

/** Returns true if every schema, table and row is selected, and must be in the dump. */
export function isWhole({ include, exclude }: Selection): boolean {
  return [include.schemas, include.tables, exclude.schemas, exclude.tables, exclude.rows].every((each) => each.length === 0);
}
