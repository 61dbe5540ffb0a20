import type { Reference } from '../config/config.ts';
import { ConfigurationError } from '../errors.ts';
import { iamToken } from './iam-token.ts';
import { readSecret } from './secrets.ts';

/**
 * Resolves a secret in AWS. Throws ConfigurationError for one that is written down, or that comes from one machine's
 * environment: a deployment takes no secrets with it.
 */
export async function revealFromAws(reference: Reference): Promise<string> {
  if (typeof reference === 'object' && 'secret' in reference) return readSecret(reference.secret);
  if (typeof reference === 'object' && 'iam' in reference) return iamToken(reference.iam);
  throw new ConfigurationError(
    "on AWS a connection's secret must be in Secrets Manager or come from IAM; write connection: { secret: 'prod/main' } or { iam }",
  );
}
