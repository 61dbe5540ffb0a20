/** Nothing that is quoted stands before it. Of a view or trigger it stands in a versioned comment of its own, after the `CREATE`. */
const definer = /^((?:\/\*!\d+ )?CREATE[^`'"]*?)DEFINER=(?:`(?:[^`]|``)+`(?:@`(?:[^`]|``)*`)?|"(?:[^"]|"")+"(?:@"(?:[^"]|"")*")?) ?/;
const beginningSize = 4096;

/** The statement without the account that what it makes belongs to, so it belongs to whoever runs it. */
export function withoutDefiner(statement: Buffer): Buffer {
  const [found, kept = ''] = definer.exec(statement.toString('latin1', 0, beginningSize)) ?? [];
  return found === undefined ? statement : Buffer.concat([Buffer.from(kept, 'latin1'), statement.subarray(found.length)]);
}
