import { Signer } from '@aws-sdk/rds-signer';
import { ConfigurationError } from '../errors.ts';
import { regionOfServer } from './region.ts';

/** User that a token admits, and the server. */
export interface TokenHolder {
  host: string;
  port: number;
  user: string;
}

/**
 * Makes a password for a database of RDS that admits by IAM. It is a signature, made here without any request, valid
 * for 15 minutes and for connecting only. The region is the one in the host's name, or the process's. Throws
 * ConfigurationError without credentials.
 */
export async function iamToken({ host, port, user }: TokenHolder): Promise<string> {
  const region = regionOfServer(host);
  const signer = new Signer({ hostname: host, port, username: user, ...(region !== undefined && { region }) });
  try {
    return await signer.getAuthToken();
  } catch (error) {
    const { name, message } = error as Error;
    throw new ConfigurationError(
      `no IAM token can be made for ${user} at ${host}: ${name}: ${message}; set AWS_REGION, and AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
      { cause: error },
    );
  }
}
