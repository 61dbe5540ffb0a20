/** What a server that lacks something, or a role that may do little, says of statements that are as they should be. */
const unsupported = [
  /permission denied (for (language|foreign-data wrapper)|to create (access method|foreign-data wrapper)|to set (parameter|the ".*" option))/,
  /must be owner of|permission denied for table/,
  /must be superuser to (create|alter|specify|set)|only superuser can (create|define|alter)|is superuser-only/,
  /collation ".*" for encoding ".*" does not exist|could not create locale|could not open collator|provider .* is not supported|not supported (by|in) this build/,
  /could not (open|access) (.* )?file /,
  // a scratch server has no network, logs in nowhere, and grants little; among them are postgres_fdw's and dblink's words
  /permission denied for function|user mapping not found|could not (establish connection|connect to server)|password or GSSAPI delegated credentials required/,
];

/** What follows from something that could not be made. */
const following = [
  /does not exist/,
  /is not available/,
  /is only a shell/,
  /has no default operator class/,
  /unrecognized (configuration )?parameter/,
  /invalid value for parameter "default_/,
];

/** Whether a statement failed because of where it was tried, not because of what it is. */
export function isUnsupported(complaint: string): boolean {
  return unsupported.some((pattern) => pattern.test(complaint));
}

/** The same where something is known to be lacking. */
export function isConsequence(complaint: string): boolean {
  return isUnsupported(complaint) || following.some((pattern) => pattern.test(complaint));
}
