import * as z from 'zod';
import { connectionSchema } from '../../config/connections.ts';
import { shortened } from '../../documents/shortened.ts';
import { counted } from '../../figures.ts';
import type { Card } from '../card.ts';
import { globalsSchema } from './globals-schema.ts';

const port = 3306;

const scan = {
  /** Needs of a database in the server where it is restored. */
  mysql: z
    .object({
      database: z.string(),
      characterSet: z.string(),
      collation: z.string(),
      lowerCaseTableNames: z.int(),
      sqlMode: z.string(),
      /** The server's own values of the variables that decide values of generated columns, by name. */
      computing: z.record(z.string(), z.string()).optional(),
      /** Digests of the values of stored generated columns, by table and column. */
      generated: z.record(z.string(), z.record(z.string(), z.string())).optional(),
      /** Accounts that views, triggers, events and routines name, as `user@host`. */
      definers: z.array(z.string()),
      /** Time zones that events name. */
      zones: z.array(z.string()),
      /** Bytes on the source's disk, estimated. */
      size: z.int().min(0),
      /** Objects in the dump besides tables and sequences, each with its kind: `VIEW person_view`. */
      others: z.array(z.string()).optional(),
      /** Views that are not in the dump, with their queries and the reasons. */
      leftOut: z.array(z.object({ name: z.string(), query: z.string(), reason: z.string() })).optional(),
      /** Digests of the statements that make objects, by kind and name. */
      definitions: z.record(z.string(), z.string()).optional(),
      /** Digests of the server's own descriptions of objects, by kind and name. */
      described: z.record(z.string(), z.string()).optional(),
      /** Ways in which tables are encrypted, as their definitions have them; missing if none is. */
      encryption: z.array(z.string()).optional(),
      /** Length of the longest statement, in bytes: what `max_allowed_packet` must allow. */
      longestStatement: z.int().min(0).optional(),
      /** Accounts of its server; missing if they could not be read. */
      globals: globalsSchema.optional(),
      /** Options of the dump tool besides those that every dump has. */
      options: z.array(z.string()),
    })
    .optional(),
};

/**
 * MySQL and MariaDB: one protocol, two products, each with its own tools. On many machines `mysql` and `mysqldump` are
 * MariaDB's (`mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB, for …`), which dump a MySQL server in a way that does not
 * restore.
 */
export const mysqlCard = {
  name: 'mysql',
  products: [
    {
      family: 'mysql',
      name: 'MySQL',
      prover: 'proveMysql',
      programs: {
        version: '9.7',
        clients: {
          folder: 'mysql-tools',
          dump: 'mysqldump',
          session: 'mysql',
          answer: /^.+? +Ver (\d+)\.(\d+)\.\d+\S* for (?!.*MariaDB)/, // mysqldump  Ver 9.7.0 for Linux on x86_64 (…)
          versionArguments: ['--no-defaults', '--version'],
        },
        server: { folder: 'mysql-server', package: 'mysql-server-core', programs: ['mysqld', 'mysql_tzinfo_to_sql'] },
      },
    },
    {
      family: 'mariadb',
      name: 'MariaDB',
      prover: 'prove',
      programs: {
        version: '11.8',
        clients: {
          folder: 'mariadb-tools',
          dump: 'mariadb-dump',
          session: 'mariadb',
          answer: /\b(?:from|Distrib) (\d+)\.(\d+)\.\d+-MariaDB\b/, // mariadb-dump from 11.8.6-MariaDB, client 10.19 for …
          versionArguments: ['--no-defaults', '--version'],
          package: 'mariadb-client',
        },
        server: { folder: 'mariadb-server', package: 'mariadb-server-core', programs: ['mariadb-install-db', 'mariadbd', 'mariadb-tzinfo-to-sql'] },
      },
    },
  ],
  extension: 'sql',
  begins: /^(?:\/\*M?!999999\\- enable the sandbox mode \*\/\s*)?-- (?:MySQL|MariaDB) dump /,
  reach: { by: 'address', schemes: ['mysql:', 'mariadb:', 'mysql2:', 'mysqlgis:'], example: 'mysql://user:password@host:3306/database', port },
  database: z.strictObject({
    engine: z.literal('mysql', "write engine: 'mysql'").describe('Kind of database: MySQL or MariaDB. The server says which.'),
    connection: connectionSchema({
      url: "`env('DATABASE_URL')` with `mysql://user:password@host:3306/database?ssl-mode=VERIFY_IDENTITY&ssl-ca=/path/ca.pem`; `mariadb://` means the same. Without `ssl-mode` the server must prove its identity, unless it is on this machine. Without `ssl-ca`, the well-known authorities and those of Amazon RDS (`rds`) may sign its certificate.",
      port,
      tokenUser: 'A user who is identified by AWSAuthenticationPlugin.',
    }),
  }),
  scan,
  events: true,
  definitions: ({ mysql }: z.output<z.ZodObject<typeof scan>>) => mysql?.definitions,
  needs: ({ mysql, product }: z.output<z.ZodObject<typeof scan>> & { product: { name: string } }) => {
    if (!mysql) return undefined;
    const { characterSet, collation, definers } = mysql;
    return `${product.name}, CHARACTER SET ${characterSet} COLLATE ${collation}${definers.length > 0 ? `, definers ${definers.join(', ')}` : ''}`;
  },
  globals: ({ mysql }: z.output<z.ZodObject<typeof scan>>) => {
    if (!mysql?.globals) return undefined;
    const { accounts, memberships, grants } = mysql.globals;
    const counts = [counted(accounts.length, 'account'), counted(memberships.length, 'membership'), counted(grants.length, 'grant')];
    return `${counts.join(', ')} of the server, without passwords${accounts.length > 0 ? `: ${shortened(accounts.map(({ name }) => name)).join(', ')}` : ''}`;
  },
  // nobody knows here which of the two it was
  restoreCommands: (plain, product) => {
    const client = product?.name === 'MariaDB' ? 'mariadb' : 'mysql';
    // views and routines may say the name that the database has at its source
    const named = `db=$(sed -n '1,/^-- Server version/s/^-- Host: .* Database: //p' ${plain})`;
    return [
      '# an administrator runs these; HOW-TO-RESTORE.md first makes users and roles on a server that lacks them',
      `${named}; ${client} -e "CREATE DATABASE \\\`\${db:-restored}\\\`"`,
      `${named}; ${client} --binary-mode --max-allowed-packet=1G "\${db:-restored}" < ${plain}`,
    ];
  },
  howToRestore: {
    en: `MySQL, MariaDB (.sql): \`product\` in the scan says which of the two; the clients of the one do not restore the other.
                      MariaDB: \`apt install mariadb-server\`. MySQL comes from its own repository; the \`mysql\` of Debian's stable releases is MariaDB's. These commands say \`mysql\`: write
                      \`mariadb\` for MariaDB. Run them as an administrator. \`SET GLOBAL event_scheduler = OFF\` first: events run at once where the scheduler is on.
                      Make an empty database of the same name (\`mysql.database\` in the scan), which views and routines may say:
                      \`CREATE DATABASE …\` with the character set and collation of \`mysql\` in the scan. If the server lacks the accounts of \`mysql.definers\`, make them: all users,
                      locked, and roles with their rights on databases, if the scan has them (\`mysql.globals\`, which has their rights on single tables too), by
                      jq -r 'def who: split("@") as $n | ($n[:-1] | join("@") | @sh) + (if $n[-1] == "" then "" else "@" + ($n[-1] | @sh) end);
                        def what: (.rights | join(", ")) + " ON " + (if .database then "\`\\(.database)\`" else "*" end) + ".*";
                        .mysql.globals | (.accounts[].name | if endswith("@") then "CREATE ROLE IF NOT EXISTS \\(who);" else "CREATE USER IF NOT EXISTS \\(who) ACCOUNT LOCK;" end),
                        (.memberships[] | "GRANT \\(.role | who) TO \\(.member | who);"), (.grants[] | select(.object == null)
                          | if .revoked then "REVOKE \\(what) FROM \\(.account | who);" else "GRANT \\(what) TO \\(.account | who);" end)' FILE.scan.json | mysql --force
                      otherwise each by \`CREATE USER … ACCOUNT LOCK\` and a GRANT of what its views and routines read. Then
                      \`mysql --binary-mode --max-allowed-packet=1G DATABASE < FILE.sql\` must end without an error. MariaDB: if a CHECK refuses rows that the source had, \`SET GLOBAL check_constraint_checks = 0\`.`,
    fr: `MySQL, MariaDB (.sql) : \`product\` dans le fichier .scan.json dit lequel des deux ; les clients de l'un ne restaurent pas l'autre.
   MariaDB : \`apt install mariadb-server\`. MySQL vient de son propre dépôt ; le \`mysql\` des versions stables de Debian est celui de MariaDB. Les commandes disent \`mysql\` : écrivez
   \`mariadb\` pour MariaDB. Exécutez tout en administrateur. \`SET GLOBAL event_scheduler = OFF\` d'abord : les événements s'exécutent aussitôt si le planificateur est actif.
   Créez une base vide du même nom (\`mysql.database\` du fichier .scan.json), que vues et routines peuvent citer : \`CREATE DATABASE …\` avec le jeu de caractères et la
   collation de \`mysql\`. S'il manque au serveur des comptes de \`mysql.definers\`, créez-les : tous, verrouillés, et les rôles avec leurs droits, par le programme jq du texte
   anglais, si le fichier a \`mysql.globals\` ; sinon chacun par \`CREATE USER … ACCOUNT LOCK\` et un GRANT de ce que lisent ses vues et routines. Puis
   \`mysql --binary-mode --max-allowed-packet=1G BASE < FICHIER.sql\` doit se terminer sans erreur. MariaDB : si un CHECK refuse des lignes que la source avait, \`SET GLOBAL check_constraint_checks = 0\`.`,
  },
} as const satisfies Card;
