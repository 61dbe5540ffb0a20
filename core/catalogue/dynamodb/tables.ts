/**
 * The two tables of the catalogue, on which code, infrastructure and tests must agree. Imports nothing. There are no
 * indexes: every access is a `GetItem` or a `Query` of one partition.
 *
 * Records (`pk`, `sk` are texts):
 *
 * | pk               | sk                            | holds                      | asked by                          |
 * | ---------------- | ----------------------------- | -------------------------- | --------------------------------- |
 * | `run#<database>` | run's id: sorts by slot       | a run                      | open, change, end, get, list      |
 * | `backup#<db>`    | backup's id: sorts by slot    | a backup                   | add, get, list, change, remove    |
 * | `incident#<db>`  | `open#<kind>`                 | open incident of a kind    | change, list                      |
 * |                  | `ended#<since>#<kind>#<uuid>` | a closed one               | list with `ended`                 |
 * | `lease#<db>`     | `lease`                       | run that holds it, its end | open, end                         |
 * | `running`        | run's id                      | database of a running run  | list of running runs              |
 * | `databases`      | database                      | its standing, or nothing   | standings, lists of all databases |
 *
 * Audit (`sk` is the sequence number). Each entry is there twice, created in one transaction:
 *
 * | pk                    | asked by                     |
 * | --------------------- | ---------------------------- |
 * | `chain`               | append (the last one), list  |
 * | `subject#<subject>`   | list of a subject            |
 */

/** Beginning of the partition keys of runs. */
export const runsPrefix = 'run#';

interface KeySchema {
  readonly partitionKey: { readonly name: string; readonly type: 'S' };
  readonly sortKey: { readonly name: string; readonly type: 'S' | 'N' };
}

export const recordsTable: KeySchema = { partitionKey: { name: 'pk', type: 'S' }, sortKey: { name: 'sk', type: 'S' } };
export const auditTable: KeySchema = { partitionKey: { name: 'pk', type: 'S' }, sortKey: { name: 'sk', type: 'N' } };
