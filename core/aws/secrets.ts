import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ConfigurationError, SecretUnavailableError } from '../errors.ts';
import { secretsManager } from './clients.ts';
import { mistakeOfCaller } from './refusal.ts';
import { regionOfArn } from './region.ts';

/** Mistakes with a secret, by the errors that are not retryable (API reference, GetSecretValue). */
const mistakes: Record<string, string> = {
  ResourceNotFoundException: 'is not in Secrets Manager; check its name and the region',
  AccessDeniedException: 'may not be read; allow secretsmanager:GetSecretValue on it, and kms:Decrypt when it has a key of its own',
  DecryptionFailure: 'cannot be decrypted; allow kms:Decrypt on its key, and check that the key is enabled',
  InvalidRequestException: 'cannot be read in its state; is it marked for deletion?',
  InvalidParameterException: 'has no name that Secrets Manager takes',
  ValidationException: 'has no name that Secrets Manager takes',
};

/**
 * Reads the text of a secret in Secrets Manager, by its name in this region or by its ARN in any. Throws
 * ConfigurationError, with its name, if it does not exist, may not be read or holds no text. Throws
 * SecretUnavailableError if Secrets Manager does not answer, after the SDK's retries. No error holds the text.
 */
export async function readSecret(name: string, client: SecretsManagerClient = secretsManager(regionOfArn(name))): Promise<string> {
  const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: name })).catch((error: Error) => {
    const caller = mistakeOfCaller(error);
    const mistake = caller === undefined ? mistakes[error.name] : `is read from AWS, and ${caller}`;
    if (mistake) throw new ConfigurationError(`the secret ${JSON.stringify(name)} ${mistake} (${error.name})`, { cause: error });
    throw new SecretUnavailableError(`the secret ${JSON.stringify(name)} could not be read: ${error.name}: ${error.message}`, { cause: error });
  });
  if (!text) throw new ConfigurationError(`the secret ${JSON.stringify(name)} holds no text`);
  return text;
}
