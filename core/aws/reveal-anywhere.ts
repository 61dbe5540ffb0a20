import type { Reference, Secret } from '../config/config.ts';
import { ConfigurationError } from '../errors.ts';

/**
 * Resolves a secret: written down, in the environment, in Secrets Manager, or made as an IAM token. Loads the SDK only
 * when AWS is asked, which on one machine is rare. Throws ConfigurationError if it does not exist,
 * SecretUnavailableError if retrying may help.
 */
export async function reveal(reference: Reference): Promise<string> {
  if (typeof reference === 'string' || 'env' in reference) return revealHere(reference);
  const { revealFromAws } = await import('./reveal.ts');
  return revealFromAws(reference);
}

/**
 * Resolves a secret that is written down or in the environment. Throws ConfigurationError, with the variable's name, if
 * it is not set.
 */
export function revealHere(secret: Secret): string {
  if (typeof secret === 'string') return secret;
  const value = process.env[secret.env];
  if (!value) throw new ConfigurationError(`the environment variable ${secret.env} is not set; sauvegarde.config.ts reads it`);
  return value;
}
