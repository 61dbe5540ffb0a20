import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ConfigurationError, SecretUnavailableError } from '../errors.ts';
import { secretsManager } from './clients.ts';

/** What is wrong with the configuration, by the errors that no repeat can mend (API reference, GetSecretValue). */
const mistakes: Record<string, string> = {
  ResourceNotFoundException: 'is not in Secrets Manager; check its name and the region',
  AccessDeniedException: 'may not be read; allow secretsmanager:GetSecretValue on it, and kms:Decrypt when it has a key of its own',
  DecryptionFailure: 'cannot be decrypted; allow kms:Decrypt on its key, and check that the key is enabled',
  InvalidRequestException: 'cannot be read in its state; is it marked for deletion?',
  InvalidParameterException: 'has no name that Secrets Manager takes',
  ValidationException: 'has no name that Secrets Manager takes',
  UnrecognizedClientException: 'cannot be read with these AWS credentials; they are not valid',
  InvalidSignatureException: 'cannot be read with these AWS credentials; they are not valid',
  ExpiredTokenException: 'cannot be read with these AWS credentials; they have expired',
  CredentialsProviderError: 'is read from AWS, and there are no AWS credentials here; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
};

/**
 * The text of a secret in Secrets Manager, by name or ARN. One that is not there, may not be read or holds no text is a ConfigurationError that names it;
 * when Secrets Manager does not answer, after the SDK's retries, it is a SecretUnavailableError. No error holds the text.
 */
export async function readSecret(name: string, client: SecretsManagerClient = secretsManager()): Promise<string> {
  const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: name })).catch((error: Error) => {
    const mistake = error.message === 'Region is missing' ? 'is read from AWS, and no region is set here; set AWS_REGION' : mistakes[error.name];
    if (mistake) throw new ConfigurationError(`the secret ${JSON.stringify(name)} ${mistake} (${error.name})`, { cause: error });
    throw new SecretUnavailableError(`the secret ${JSON.stringify(name)} could not be read: ${error.name}: ${error.message}`, { cause: error });
  });
  if (!text) throw new ConfigurationError(`the secret ${JSON.stringify(name)} holds no text`);
  return text;
}
