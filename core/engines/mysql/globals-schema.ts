import * as z from 'zod';

/**
 * Accounts of a server with their rights, without passwords. An account is `user@host`; a role of MariaDB has an empty
 * host. Names are without quotes.
 */
export const globalsSchema = z.object({
  accounts: z.array(
    z.object({
      name: z.string(),
      /** True if nobody could log in as it. Roles of MySQL are accounts like this. */
      locked: z.boolean(),
      /** Ways by which it proved its identity. */
      plugins: z.array(z.string()),
      /** TLS that it has to use: `ANY`, `X509` or `SPECIFIED`; empty for none. */
      tls: z.object({ type: z.string(), cipher: z.string(), issuer: z.string(), subject: z.string() }),
      /** Limits by name (`MAX_USER_CONNECTIONS`), without those that are not set. */
      limits: z.record(z.string(), z.number()),
      /** Lifetime of a password: 0 for ever, null for the server's own. */
      passwordDays: z.int().nullable(),
      /** Attributes and comment of MySQL, as JSON. */
      attribute: z.string().nullable(),
    }),
  ),
  memberships: z.array(z.object({ role: z.string(), member: z.string(), admin: z.boolean() })),
  /** Roles that are active when an account logs in. */
  defaults: z.array(z.object({ role: z.string(), member: z.string() })),
  /** Rights, or with `revoked` those that a partial revoke of MySQL takes away. */
  grants: z.array(
    z.object({
      account: z.string(),
      revoked: z.boolean(),
      rights: z.array(z.string()),
      /** Null for everything. Without `object` it is a pattern, unless `literalNames` is set. */
      database: z.string().nullable(),
      object: z.object({ kind: z.string(), name: z.string(), column: z.string().nullable() }).nullable(),
      /** True if the account may give these rights to others. */
      option: z.boolean(),
    }),
  ),
  proxies: z.array(z.object({ account: z.string(), proxied: z.string(), option: z.boolean() })),
  /** True if the server takes names of databases in grants as they stand, as MySQL does with partial revokes. */
  literalNames: z.boolean(),
  /** Roles that MySQL gives to everybody, as its setting names them. */
  mandatoryRoles: z.string(),
});
export type Globals = z.output<typeof globalsSchema>;
export type Account = Globals['accounts'][number];
export type AccountGrant = Globals['grants'][number];
