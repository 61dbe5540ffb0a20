import * as z from 'zod';
import { connectionSchema } from '../../config/connections.ts';
import { shortened } from '../../documents/shortened.ts';
import { counted } from '../../figures.ts';
import type { Card } from '../card.ts';
import { globalsSchema } from './globals-schema.ts';
import { scratchServerSchema } from './scratch-server-schema.ts';
import { selectionShape } from './selection.ts';

const version = '18';
/** Major version of our own programs. */
export const postgresMajor = Number(version);
const versionMistake = `write the server's major version, a number from 13 to ${version}`;
const port = 5432;

/** Locks that a server holds with its default settings: 64 for each of 100 connections. */
const usualLocks = 6400;

const scan = {
  /** Needs of a database in the server where it is restored. */
  source: z
    .object({
      encoding: z.string(),
      collation: z.string(),
      locale: z.object({ provider: z.string(), collate: z.string(), ctype: z.string(), name: z.string().nullable(), rules: z.string().nullable() }).optional(),
      /** Settings of the database under which a restore loads its rows: `TimeZone=Europe/Paris`. */
      settings: z.array(z.string()).optional(),
      /** Tablespaces that the dump names; without them its tables lie where the database does. */
      tablespaces: z.array(z.string()).optional(),
      /** Number of locks that a restore in one transaction takes. */
      locks: z.int().min(0).optional(),
      /** Roles that data may name; a scratch server has them all. */
      dataRoles: z.array(z.string()).optional(),
      /** Digests of the values of stored generated columns, by table. */
      generated: z.record(z.string(), z.string()).optional(),
      /** Every role that the dump names. Owners, and roles that a policy or user mapping names, are among them. */
      roles: z.array(z.string()),
      owners: z.array(z.string()).optional(),
      definitionRoles: z.array(z.string()).optional(),
      /** All roles of the server that are not its own, without passwords; missing if this user may not read them. */
      globals: globalsSchema.optional(),
      extensions: z.array(z.object({ name: z.string(), version: z.string(), schema: z.string() })),
      /**
       * Schemas, except `public`, in which the dump makes objects and which it does not make itself: pg_dump makes none
       * if single tables are chosen.
       */
      schemas: z.array(z.string()).optional(),
      /** Digests of the source's own definitions, by kind and name; missing if not everything was dumped. */
      definitions: z.record(z.string(), z.record(z.string(), z.string())).optional(),
      /** Bytes on the source's disk; missing if not all of it was dumped. */
      size: z.int().min(0).optional(),
      /**
       * Tables that were rewritten between the dump's snapshot and its lock: some rows of the snapshot may be missing.
       */
      rewritten: z.array(z.string()).optional(),
      /** Selection of what was dumped; missing if everything was. */
      selection: z.object(selectionShape).optional(),
    })
    .optional(),
  /** PostgreSQL's large objects. `sum` is of those in any order; earlier versions have not written it. */
  largeObjects: z.object({ count: z.int().min(0), sha256: z.string(), sum: z.string().optional() }).optional(),
};

export const postgresCard = {
  name: 'postgres',
  products: [
    {
      family: 'postgres',
      name: 'PostgreSQL',
      prover: 'prove',
      programs: {
        version,
        clients: {
          folder: 'database-tools',
          dump: 'pg_dump',
          session: 'psql',
          archive: 'pg_restore',
          answer: /\(PostgreSQL\) (\d+)(?:\.(\d+))?/, // pg_dump (PostgreSQL) 18.1 (Debian …)
          versionArguments: ['--version'],
          package: `postgresql-client-${version}`,
        },
        server: {
          folder: 'database-servers',
          package: `postgresql-${version}`,
          programs: ['initdb', 'postgres'],
          older: [
            { major: 15, folder: 'database-servers-15', package: 'postgresql-15', prover: 'provePostgres15' },
            { major: 17, folder: 'database-servers-17', package: 'postgresql-17', prover: 'provePostgres17' },
          ],
        },
      },
    },
  ],
  extension: 'sql',
  begins: /^(?:PGDMP|toc\.dat\0|--\n-- PostgreSQL database dump\n)/,
  folderBy: 'toc.dat',
  reach: { by: 'address', schemes: ['postgres:', 'postgresql:', 'postgis:', 'psql:', 'pgsql:'], example: 'postgres://user:password@host:5432/database', port },
  deployed: 'always', // every stack rehearses with it
  database: z
    .strictObject({
      engine: z.literal('postgres', "write engine: 'postgres'").describe('Kind of database.'),
      connection: connectionSchema({
        url: "`env('DATABASE_URL')` with `postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=/path/ca.pem`; `sslrootcert=rds` stands for the authorities of Amazon RDS. A server, or a pooler of whole sessions.",
        port,
        tokenUser: 'A user who has the role rds_iam.',
      }),
      version: z
        .int(versionMistake)
        .min(13, versionMistake)
        .max(postgresMajor, versionMistake)
        .optional()
        .describe(
          `Major version of its server, such as \`15\`. On AWS the stack then carries the scratch server of this version alone, besides that of ${version}; by default those of all versions. Proofs ask the server itself.`,
        ),
      scratchServer: scratchServerSchema,
      ...selectionShape,
    })
    .refine(({ include }) => include.schemas.length === 0 || include.tables.length === 0, {
      path: ['include'],
      message: 'write schemas or tables: pg_dump would leave out the schemas; all tables of a schema are "schema.*" among the tables',
    }),
  scan,
  needs: ({ source }: z.output<z.ZodObject<typeof scan>>) => {
    if (!source) return undefined;
    const named = (kind: string, names: string[]) => (names.length > 0 ? `, ${kind} ${names.join(', ')}` : '');
    const extensions = source.extensions.map(({ name, version }) => `${name} ${version}`);
    const locks = (source.locks ?? 0) > usualLocks ? `, max_locks_per_transaction for ${source.locks} locks at once` : '';
    return `encoding ${source.encoding}${named('roles', source.roles)}${named('extensions', extensions)}${named('tablespaces', source.tablespaces ?? [])}${locks}`;
  },
  globals: ({ source }: z.output<z.ZodObject<typeof scan>>) => {
    if (!source?.globals) return undefined;
    const { roles, memberships, settings } = source.globals;
    const counts = [counted(roles.length, 'role'), counted(memberships.length, 'membership'), counted(settings.length, 'setting')];
    return `${counts.join(', ')} of the server, without passwords${roles.length > 0 ? `: ${shortened(roles.map(({ name }) => name)).join(', ')}` : ''}`;
  },
  definitions: ({ source }: z.output<z.ZodObject<typeof scan>>) => {
    const kinds = source?.definitions && Object.entries(source.definitions);
    return kinds && Object.fromEntries(kinds.flatMap(([kind, digests]) => Object.entries(digests).map(([name, digest]) => [`${kind} ${name}`, digest])));
  },
  restoreCommands: (plain, { version } = { name: 'PostgreSQL', version: '' }) => {
    const restore = (file: string) => [
      "# the server's superuser runs these; HOW-TO-RESTORE.md first makes roles on a server that lacks them",
      "psql -X -d postgres -c 'CREATE DATABASE restored'",
      `psql -X -v ON_ERROR_STOP=1 -d restored -f ${file}`,
    ];
    if (!(Number.parseInt(version, 10) < 17)) return restore(plain);
    // settings of newer servers, in the lines before the first object
    const unknown = ['transaction', 'idle_session'].map((name) => `/^SET ${name}_timeout = /d;`).join('');
    return [`sed '1,/^SELECT pg_catalog.set_config/{${unknown}}' ${plain} > known-${plain}`, ...restore(`known-${plain}`)];
  },
  howToRestore: {
    en: `PostgreSQL (.sql): \`apt install postgresql\`; run everything as the server's superuser (on Debian: \`su postgres\`), in a folder that this user may write to. The server's version must be the
                      source's or newer (\`product\` in the scan). Make the roles that the dump names:
                      \`jq -r '.source.roles[] | "CREATE ROLE \\"" + gsub("\\""; "\\"\\"") + "\\";"' FILE.scan.json | psql -X -d postgres\`
                      (an error that one exists already means nothing; \`source.globals\` has what they may do and their members), and an empty database: \`createdb restored\`;
                      in it, when single tables were chosen, the schemas of \`source.schemas\` in the scan (\`CREATE SCHEMA …\`);
                      A server older than 17 does not know \`SET transaction_timeout\`, an older psql not \`\\restrict\` and \`\\unrestrict\`: remove those lines (the manifest's \`sed\` does).
                      \`psql -X -v ON_ERROR_STOP=1 -d restored -f FILE.sql\` must end without an error.`,
    fr: `PostgreSQL (.sql) : \`apt install postgresql\` ; exécutez tout en superutilisateur du serveur (sous Debian : \`su postgres\`), dans un dossier où il peut écrire. Le serveur doit être de la version
   de la source ou plus récent (\`product\` dans le fichier .scan.json). Créez les rôles que la sauvegarde nomme :
   \`jq -r '.source.roles[] | "CREATE ROLE \\"" + gsub("\\""; "\\"\\"") + "\\";"' FICHIER.scan.json | psql -X -d postgres\`
   (une erreur disant qu'un rôle existe déjà ne signifie rien ; \`source.globals\` dit leurs droits et leurs membres), et une base vide : \`createdb restored\` ;
   dans celle-ci, si des tables ont été choisies une à une, les schémas de \`source.schemas\` du fichier .scan.json (\`CREATE SCHEMA …\`) ;
   Un serveur antérieur à la version 17 ne connaît pas \`SET transaction_timeout\`, un psql ancien ni \`\\restrict\` ni \`\\unrestrict\` : retirez ces lignes (le \`sed\` du
   manifeste le fait). \`psql -X -v ON_ERROR_STOP=1 -d restored -f FICHIER.sql\` doit se terminer sans erreur.`,
  },
  grants: true,
  undoes: true,
  readingRole: 'pg_read_all_data',
} as const satisfies Card;
