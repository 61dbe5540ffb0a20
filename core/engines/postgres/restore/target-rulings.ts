import type { Scan } from '../../../documents/scan.ts';
import type { LeftOut } from '../dump/needed-roles.ts';
import { extensionsMissing } from './prerequisites.ts';
import type { Ruling } from './restore-script.ts';
import { fitting, schemaMadeBy, superusersReason } from './statement-filter.ts';
import type { Target } from './target.ts';

const extensionsComment = /^COMMENT ON EXTENSION ("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*) /;

/**
 * What of a dump is restored into a target. A schema that is there, perhaps for an extension that a superuser made beforehand, is not made again; nor can anybody but its owner comment on an extension.
 */
export function rulingsFor(target: Target, scan: Scan, without: LeftOut): (statement: string) => Ruling {
  const fits = fitting(Number.parseInt(target.version, 10), true);
  const { source } = scan;
  const schemas = new Set([...target.schemas, ...extensionsMissing(target, scan).map(({ schema }) => schema)]);
  const foreign = new Set((source?.extensions ?? []).filter(({ name }) => target.extensions[name]?.owned === false).map(({ name }) => name));
  const leftOut = new Set([...(without.owners ? ['ownership'] : []), ...(without.privileges ? ['privileges'] : [])]);
  return (statement) => {
    const reason = superusersReason(statement);
    if (reason !== undefined && leftOut.has(reason)) return 'drop';
    const schema = schemaMadeBy(statement);
    if (schema !== undefined && schemas.has(schema)) return 'drop';
    const commented = extensionsComment
      .exec(statement)?.[1]
      ?.replace(/^"(.*)"$/s, '$1')
      .replaceAll('""', '"');
    if (!target.mighty && commented !== undefined && foreign.has(commented)) return 'drop';
    return fits(statement);
  };
}
