/** Returns the region of an ARN; undefined for a name that is none. */
export function regionOfArn(name: string): string | undefined {
  return /^arn:[^:]+:[^:]+:([a-z0-9-]+):/.exec(name)?.[1];
}

/** Returns the region in the name of a server of RDS; undefined for another server. */
export function regionOfServer(host: string): string | undefined {
  return /\.([a-z0-9-]+)\.rds\.amazonaws\.[a-z.]+$/.exec(host)?.[1];
}
