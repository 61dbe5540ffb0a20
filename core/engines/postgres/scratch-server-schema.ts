import * as z from 'zod';

/** Explains to people why a name is no package of an extension. */
function packageMistake(given: unknown): string {
  const [, name] = /^postgresql-\d+-(.+)$/.exec(String(given)) ?? [];
  return `write the part of the name of Debian's package behind "postgresql-NN-": ${JSON.stringify(name ?? 'pgvector')}`;
}

const libraryMistake = 'write the name of a library such as "pg_cron"';

/** Configuration of the servers that dumps of a database are restored into for a proof. */
export const scratchServerSchema = z
  .strictObject(
    {
      packages: z
        .array(
          z
            .string({ error: ({ input }) => packageMistake(input) })
            .regex(/^(?!postgresql-)[a-z0-9][a-z0-9+.-]*$/, { error: ({ input }) => packageMistake(input) }),
          'write a list of packages such as "pgvector"',
        )
        .default([])
        .describe(
          "Extensions that the scratch server has besides those of PostgreSQL itself, by Debian's packages: `['pgvector']` stands for `postgresql-18-pgvector`, and `postgresql-15-pgvector` for a source of that version. Those of all databases are built into one folder of programs, from the newest packages that Debian has signed.",
        ),
      preload: z
        .array(z.string(libraryMistake).regex(/^[A-Za-z0-9_$-]+$/, libraryMistake), 'write a list of libraries such as "pg_cron"')
        .default([])
        .describe(
          'Libraries that the scratch server loads when it starts, as `shared_preload_libraries`, because an extension of the source cannot be made otherwise.',
        ),
    },
    'write { packages, preload }',
  )
  .prefault({});
