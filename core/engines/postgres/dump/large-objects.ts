import type { Flaw } from '../../../documents/flaw.ts';
import type { Beside } from './beside.ts';

/** A large object that the server cannot give, and its words. */
export interface DamagedObject {
  oid: string;
  reason: string;
}

/** Options of a dump that leave out parts of what is written about a large object. */
export interface WrittenParts {
  owners: boolean;
  privileges: boolean;
  comments: boolean;
}

/** Large objects that this session may read, but for `except`. */
const readable = (except: readonly string[]) =>
  `(SELECT m.oid, pg_get_userbyid(m.lomowner) AS owner, m.lomacl FROM pg_largeobject_metadata m WHERE m.oid <> ALL ('{${except.join(',')}}'::oid[]) ORDER BY m.oid) o`;

/** Number of bytes in one statement of pg_dump. */
const chunk = 16_384;

/** Finds large objects that cannot be read to their end, among all but `except`. Reads each of them. */
export function damagedObjects(beside: Beside, except: readonly string[]): Promise<DamagedObject[]> {
  return beside.found<DamagedObject[]>(`DO $sauvegarde$
DECLARE each oid; at bigint; part bytea; bad jsonb := '[]';
BEGIN
  FOR each IN SELECT o.oid FROM ${readable(except)} LOOP
    BEGIN
      at := 0;
      LOOP
        part := lo_get(each, at, ${64 * chunk});
        EXIT WHEN length(part) < ${64 * chunk};
        at := at + ${64 * chunk};
      END LOOP;
    EXCEPTION WHEN OTHERS THEN bad := bad || jsonb_build_array(jsonb_build_object('oid', each::text, 'reason', SQLERRM));
    END;
  END LOOP;
  PERFORM set_config('sauvegarde.found', bad::text, true);
END $sauvegarde$`);
}

const comment = (what: string) => `'--' || E'\\n' || ${what} || E'\\n' || '--' || E'\\n\\n'`;
const owner = "translate(o.owner, E'\\n\\r', '  ')";

/** Writes queries whose answers make all large objects but `except`, as pg_dump would write them. */
export function objectsText(except: readonly string[], { owners, comments }: WrittenParts): string[] {
  return [
    `SELECT ${comment(`format('-- Name: %s; Type: BLOB METADATA; Schema: -; Owner: %s', o.oid, ${owner})`)} || format(E'SELECT pg_catalog.lo_create(''%s'');\\n\\n', o.oid)${
      owners
        ? " || CASE WHEN EXISTS (SELECT FROM pg_roles r WHERE r.rolname = o.owner) THEN format(E'\\nALTER LARGE OBJECT %s OWNER TO %I;\\n\\n', o.oid, o.owner) ELSE '' END"
        : ''
    } FROM ${readable(except)}`,
    ...(comments
      ? [
          `SELECT ${comment(`format('-- Name: LARGE OBJECT %s; Type: COMMENT; Schema: -; Owner: %s', o.oid, ${owner})`)} || format(E'COMMENT ON LARGE OBJECT %s IS %s;\\n\\n', o.oid, quote_literal(d.description))
            FROM ${readable(except)} JOIN pg_description d ON d.classoid = 'pg_largeobject'::regclass AND d.objoid = o.oid`,
        ]
      : []),
  ];
}

/** Writes queries whose answers fill all large objects but `except`, each in a transaction of its own. */
export function contentsText(except: readonly string[]): string[] {
  return [
    `SELECT l.line FROM ${readable(except)}, LATERAL (
      SELECT ${comment(`format('-- Data for Name: %s; Type: BLOBS; Schema: -; Owner: %s', o.oid, ${owner})`)} || format(E'BEGIN;\\n\\nSELECT pg_catalog.lo_open(''%s'', 131072);', o.oid)
      UNION ALL SELECT format('SELECT pg_catalog.lowrite(0, ''\\x%s'');', encode(lo_get(o.oid, g, ${chunk}), 'hex')) FROM generate_series(0::bigint, lo_lseek64(lo_open(o.oid, 262144), 0, 2) - 1, ${chunk}) g
      UNION ALL SELECT E'SELECT pg_catalog.lo_close(0);\\n\\nCOMMIT;\\n') l (line)`,
  ];
}

/** Writes queries whose answers grant what is granted on all large objects but `except`. */
export function grantsText(except: readonly string[], { privileges }: WrittenParts): string[] {
  if (!privileges) return [];
  return [
    `SELECT ${comment(`format('-- Name: LARGE OBJECT %s; Type: ACL; Schema: -; Owner: %s', o.oid, ${owner})`)} || string_agg(format('GRANT %s ON LARGE OBJECT %s TO %s%s;', g.rights, o.oid, g.grantee, g.further), E'\\n') || E'\\n\\n'
      FROM ${readable(except)}, LATERAL (SELECT CASE WHEN count(*) = 2 THEN 'ALL' ELSE min(a.privilege_type) END, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
        FROM aclexplode(o.lomacl) a WHERE a.grantee <> a.grantor GROUP BY a.grantee, a.is_grantable) g (rights, grantee, further) GROUP BY o.oid, o.owner`,
  ];
}

/** Describes damaged large objects. `begun` are in the backup up to the damage. */
export function flawsOfDamaged(damaged: readonly DamagedObject[], begun: ReadonlySet<string>): Flaw[] {
  return damaged.map(({ oid, reason }) => ({
    what: `LARGE OBJECT ${oid}: ${begun.has(oid) ? 'only its bytes before this error are in the backup' : 'its bytes are not in the backup'}: ${reason}`,
    remedy: `it is damaged: restore it from an older backup, or remove it: SELECT lo_unlink(${oid});`,
  }));
}

/** Yields all large objects but `except` and the damaged ones, which it passes to `tell`. */
export async function* allObjects(
  beside: Beside,
  { except, parts, tell }: { except: readonly string[]; parts: WrittenParts; tell: (damaged: DamagedObject[]) => void },
): AsyncGenerator<Uint8Array> {
  const damaged = await damagedObjects(beside, except);
  tell(damaged);
  const left = [...except, ...damaged.map(({ oid }) => oid)];
  yield* beside.text([...objectsText(left, parts), ...contentsText(left), ...grantsText(left, parts)]);
}
