import * as z from 'zod';

/** Attributes that `CREATE ROLE` gives; a role without `INHERIT` or `LOGIN` has the opposite. */
export const attributeSchema = z.enum(['SUPERUSER', 'INHERIT', 'CREATEROLE', 'CREATEDB', 'LOGIN', 'REPLICATION', 'BYPASSRLS']);

/** Roles of a server, without passwords. Names are without quotes. */
export const globalsSchema = z.object({
  roles: z.array(
    z.object({
      name: z.string(),
      attributes: z.array(attributeSchema),
      /** -1 for any number. */
      connections: z.int(),
      validUntil: z.string().nullable(),
      comment: z.string().nullable(),
    }),
  ),
  /** `inherit` and `set` are null for servers before 16. */
  memberships: z.array(z.object({ role: z.string(), member: z.string(), admin: z.boolean(), inherit: z.boolean().nullable(), set: z.boolean().nullable() })),
  /** Settings of roles (`work_mem=64MB`), everywhere or in the database of the backup alone. */
  settings: z.array(z.object({ role: z.string(), setting: z.string(), inDatabase: z.boolean() })),
});
export type Globals = z.output<typeof globalsSchema>;
