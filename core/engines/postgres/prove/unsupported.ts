/** Errors that mean "this server, or this role, cannot run the statement", not "the dump is wrong". */
const unsupported = [
  /permission denied (for (language|foreign-data wrapper)|to create (access method|foreign-data wrapper)|to set (parameter|the ".*" option))/,
  /must be owner of|permission denied for table/,
  /must be superuser to (create|alter|specify|set)|only superuser can (create|define|alter)|is superuser-only|only superuser or a role with privileges of/,
  /aggregate transition data type cannot be internal/,
  /collation ".*" for encoding ".*" does not exist|could not create locale|could not open collator|provider .* is not supported|not supported (by|in) this build/,
  /could not (open|access) (.* )?file /,
  // a scratch server has no network, no accounts elsewhere, and few grants; includes messages of postgres_fdw and
  // dblink
  /permission denied for function|user mapping not found|could not (establish connection|connect to server)|password or GSSAPI delegated credentials required/,
];

/** Errors that follow from an object that could not be made. */
const following = [
  /does not exist/,
  /is not available/,
  /is only a shell/,
  /has no default operator class/,
  /has not been populated/,
  /constraint ".*" cannot be implemented/,
  /unrecognized (configuration )?parameter/,
  /invalid value for parameter "default_/,
];

/** Returns true if a statement failed because of the place where it was tried, not because of the statement. */
export function isUnsupported(complaint: string): boolean {
  return unsupported.some((pattern) => pattern.test(complaint));
}

/** Returns true for the same, and for consequences of something known to be missing. */
export function isConsequence(complaint: string): boolean {
  return isUnsupported(complaint) || following.some((pattern) => pattern.test(complaint));
}
