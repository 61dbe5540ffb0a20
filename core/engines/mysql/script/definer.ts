/**
 * The definer in a definition. Nothing quoted stands before it. In a view or trigger it stands in a versioned comment
 * of its own, after the `CREATE`.
 */
const definer = /^((?:\/\*!\d+ )?CREATE[^`'"]*?)DEFINER=(?:`(?:[^`]|``)+`(?:@`(?:[^`]|``)*`)?|"(?:[^"]|"")+"(?:@"(?:[^"]|"")*")?) ?/;
const beginningSize = 4096;

/** Removes the definer from a statement, so that the object belongs to the user who runs it. */
export function withoutDefiner(statement: Buffer): Buffer {
  const [found, kept = ''] = definer.exec(statement.toString('latin1', 0, beginningSize)) ?? [];
  return found === undefined ? statement : Buffer.concat([Buffer.from(kept, 'latin1'), statement.subarray(found.length)]);
}
