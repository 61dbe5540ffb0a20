/** Types whose values stand for objects by number, which each database gives anew: their hash is another one there. */
const byNumber = `('regproc', 'regprocedure', 'regoper', 'regoperator', 'regclass', 'regtype', 'regrole', 'regnamespace', 'regconfig', 'regdictionary', 'regcollation', 'aclitem')`;

/**
 * Tells, in SQL, whether rows of partitions by hash may belong into other partitions where they are restored: the hash
 * of an enum's member depends on its number, that of a text under a collation which is not deterministic on the version
 * of ICU. pg_dump loads such partitions through their root by itself where the key is an enum (`enum_ops`), not where
 * it is an array, a row or a range with one. The type of an expression is known by its kind alone.
 */
export const scatteredSql = `(WITH RECURSIVE hashed AS (SELECT * FROM pg_partitioned_table WHERE partstrat = 'h'),
  types (oid, depth) AS (SELECT a.atttypid, 0 FROM hashed h CROSS JOIN unnest(h.partattrs::int2[]) AS k (number) JOIN pg_attribute a ON a.attrelid = h.partrelid AND a.attnum = k.number AND a.attnum > 0
    UNION SELECT n.oid, least(1, s.depth + n.deeper) FROM types s JOIN pg_type t ON t.oid = s.oid CROSS JOIN LATERAL (
      SELECT t.typbasetype, 0 WHERE t.typtype = 'd' UNION ALL SELECT t.typelem, 1 WHERE t.typelem <> 0
      UNION ALL SELECT a.atttypid, 1 FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
      UNION ALL SELECT r.rngsubtype, 1 FROM pg_range r WHERE t.oid IN (r.rngtypid, (to_jsonb(r)->>'rngmultitypid')::oid)) AS n (oid, deeper))
  SELECT EXISTS (SELECT FROM types s JOIN pg_type t ON t.oid = s.oid WHERE (t.typtype = 'e' AND s.depth > 0) OR (t.typnamespace = 'pg_catalog'::regnamespace AND t.typname IN ${byNumber}))
    OR EXISTS (SELECT FROM hashed h CROSS JOIN unnest(h.partcollation::oid[]) AS c (oid) JOIN pg_collation k ON k.oid = c.oid AND NOT k.collisdeterministic)
    OR EXISTS (SELECT FROM hashed h CROSS JOIN unnest(h.partattrs::int2[], h.partclass::oid[]) AS k (number, class) JOIN pg_opclass o ON o.oid = k.class
      WHERE k.number = 0 AND o.opcintype IN ('anyarray'::regtype, 'record'::regtype, 'anyrange'::regtype)))`;
