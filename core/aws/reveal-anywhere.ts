import type { Reference, Secret } from '../config/config.ts';
import { ConfigurationError } from '../errors.ts';

/**
 * A secret where it is used: written down, in the environment, in Secrets Manager, or made as an IAM token. What cannot be had is a ConfigurationError, or a SecretUnavailableError when a repeat can mend it.
 * The SDK is loaded when AWS is asked, which one machine mostly never does.
 */
export async function reveal(reference: Reference): Promise<string> {
  if (typeof reference === 'string' || 'env' in reference) return revealHere(reference);
  const { revealFromAws } = await import('./reveal.ts');
  return revealFromAws(reference);
}

/** A secret that is written down or in the environment. A variable that is not set is a ConfigurationError that names it. */
export function revealHere(secret: Secret): string {
  if (typeof secret === 'string') return secret;
  const value = process.env[secret.env];
  if (!value) throw new ConfigurationError(`the environment variable ${secret.env} is not set; sauvegarde.config.ts reads it`);
  return value;
}
